import { createHash } from 'node:crypto'
import { open, rm } from 'node:fs/promises'
import { Sentence } from './sentence.ts'

/** A report as it was written. */
export interface SavedReport {
  readonly file: string
  readonly bytes: number
  readonly sha256: string
}

/**
 * Writes a new file, for its owner only, because reports name customers. Nothing is left of one that did not become whole.
 *
 * @throws {Sentence} There is a file already.
 */
export async function saveReport(
  path: string,
  download: () => Promise<ReadableStream<Uint8Array>>,
): Promise<SavedReport> {
  const file = await open(path, 'wx', 0o600).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'EEXIST') throw new Sentence(`${path} is there already: a report never replaces a file.`)
    throw error
  })
  const hash = createHash('sha256')
  let bytes = 0
  try {
    for await (const chunk of await download()) {
      hash.update(chunk)
      bytes += chunk.length
      await file.write(chunk)
    }
    await file.sync()
  } catch (error) {
    await rm(path, { force: true })
    throw error
  } finally {
    await file.close()
  }
  return { file: path, bytes, sha256: hash.digest('hex') }
}
