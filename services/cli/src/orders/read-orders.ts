import { readdir, readFile, stat } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { Sentence } from '../sentence.ts'
import { UnreadableOrder } from './errors.ts'

/** An order file that was found; whether it holds an order is another matter. */
export interface OrderFile {
  readonly path: string
  /** The file's name without its folder. */
  readonly name: string
  /** What it holds, or why that cannot be read: one bad file does not keep the others from being worked through. */
  readonly text: string | UnreadableOrder
}

/** An order of a thousand lines has some 300 kB. What is far larger was not meant. */
const BYTES_MAX = 8_000_000

/**
 * Finds order files.
 *
 * @param paths Files, taken as they are, and folders, of which every `*.json` is taken by name.
 * @throws {Sentence} A path does not exist, or a folder holds no order.
 */
export async function readOrders(paths: readonly string[]): Promise<OrderFile[]> {
  const files = (await Promise.all(paths.map(filesAt))).flat()
  return Promise.all([...new Set(files)].map(readOrderFile))
}

async function filesAt(path: string): Promise<string[]> {
  const found = await stat(path).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT' || error.code === 'ENOTDIR') throw new Sentence(`There is no file or folder ${path}.`)
    throw new Sentence(`${path} cannot be read (${error.code}).`)
  })
  if (!found.isDirectory()) return [path]
  const names = await readdir(path).catch((error: NodeJS.ErrnoException) => {
    throw new Sentence(`The folder ${path} cannot be read (${error.code}).`)
  })
  const orders = names.filter((name) => name.endsWith('.json')).sort()
  if (orders.length === 0) throw new Sentence(`The folder ${path} holds no order files (*.json).`)
  return orders.map((name) => join(path, name))
}

async function readOrderFile(path: string): Promise<OrderFile> {
  return { path, name: basename(path), text: await readText(path) }
}

async function readText(path: string): Promise<string | UnreadableOrder> {
  try {
    const { size } = await stat(path)
    if (size > BYTES_MAX) return new UnreadableOrder(`the file is larger than ${BYTES_MAX} bytes`)
    return new TextDecoder('utf-8', { fatal: true }).decode(await readFile(path))
  } catch (error) {
    if (error instanceof TypeError) return new UnreadableOrder('the file is not UTF-8')
    return new UnreadableOrder(
      `the file cannot be opened (${(error as NodeJS.ErrnoException).code ?? 'unknown reason'})`,
    )
  }
}
