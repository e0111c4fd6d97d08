import { createWriteStream } from 'node:fs'
import { rename, rm, writeFile } from 'node:fs/promises'
import { basename, extname, join, resolve } from 'node:path'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { makeFolder } from '../make-folder.ts'

/** Where the job puts what it makes. */
export interface OutFolder {
  readonly path: string
  /** @returns The path of the file. A file appears whole or not at all. */
  save(name: string, content: string | ReadableStream<Uint8Array>): Promise<string>
}

/** Makes the folder, for its owner only: invoices name people. */
export async function openOutFolder(folder: string): Promise<OutFolder> {
  const path = resolve(folder)
  await makeFolder(path)
  return {
    path,
    async save(name, content) {
      const file = join(path, name)
      const unfinished = `${file}.unfinished`
      try {
        if (typeof content === 'string') await writeFile(unfinished, content, { mode: 0o600 })
        else await pipeline(Readable.fromWeb(content), createWriteStream(unfinished, { mode: 0o600 }))
        await rename(unfinished, file)
      } catch (error) {
        await rm(unfinished, { force: true })
        throw error
      }
      return file
    },
  }
}

/**
 * Names the PDF of each order after its file. Orders of the same file name, from several folders, get a number.
 *
 * @param names File names of the orders.
 */
export function pdfNames(names: readonly string[]): string[] {
  const taken = new Set<string>()
  return names.map((name) => {
    const stem = shortened(basename(name, extname(name))) || 'order'
    let candidate = `${stem}.pdf`
    for (let copy = 2; taken.has(candidate.toLowerCase()); copy += 1) candidate = `${stem}-${copy}.pdf`
    taken.add(candidate.toLowerCase())
    return candidate
  })
}

/** File names have 255 bytes at most, and ours get something appended. */
const STEM_BYTES_MAX = 220

function shortened(stem: string): string {
  const { read } = new TextEncoder().encodeInto(stem, new Uint8Array(STEM_BYTES_MAX))
  return stem.slice(0, read)
}
