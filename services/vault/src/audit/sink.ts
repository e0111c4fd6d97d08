import { constants } from 'node:fs'
import { type FileHandle, open } from 'node:fs/promises'
import { dirname } from 'node:path'

/** Takes what a sink has, line by line. */
export interface SinkReader {
  /** What is read is not the sink that was read before, or was never read: it comes from its beginning. */
  restart(): void
  /** Without its line feed. */
  line(text: string): void
}

/**
 * Where checkpoints go: a place that whoever can write to the database cannot write to. What is there is never changed, only
 * appended to; several processes append to it.
 */
export interface CheckpointSink {
  /** Reads what came since the last reading. */
  read(reader: SinkReader): Promise<void>
  /** Appends lines, each with its line feed, and returns when they would survive a loss of power. */
  append(lines: readonly string[]): Promise<void>
  /** Throws when nothing could be appended. */
  probe(): Promise<void>
}

const CHUNK_BYTES = 1 << 20
const LINE_FEED = 0x0a
const OWNER_ONLY = 0o600

/** What tells one file from another that was put in its place. */
interface Place {
  readonly dev: number
  readonly ino: number
  offset: number
}

/**
 * A sink in a file of JSON lines, made for its owner only. It is opened anew each time, so that it can be moved away to be
 * archived while the vault runs.
 */
export function fileSink(path: string): CheckpointSink {
  let place: Place | undefined

  async function readFrom(file: FileHandle, reader: SinkReader): Promise<void> {
    const { dev, ino, size } = await file.stat()
    if (place?.dev !== dev || place.ino !== ino || size < place.offset) {
      place = { dev, ino, offset: 0 }
      reader.restart()
    }
    const chunk = Buffer.allocUnsafe(CHUNK_BYTES)
    let rest = Buffer.alloc(0)
    for (;;) {
      const { bytesRead } = await file.read(chunk, 0, CHUNK_BYTES, place.offset + rest.length)
      if (bytesRead === 0) return
      const bytes = Buffer.concat([rest, chunk.subarray(0, bytesRead)])
      const end = bytes.lastIndexOf(LINE_FEED) + 1
      // A line without its end is still being written, or was cut off by a crash.
      rest = bytes.subarray(end)
      place.offset += end
      for (const text of bytes.toString('utf8', 0, end).split('\n')) if (text !== '') reader.line(text)
    }
  }

  return {
    async read(reader) {
      const file = await open(path, 'r').catch((error: NodeJS.ErrnoException) => {
        if (error.code === 'ENOENT') return undefined
        throw error
      })
      if (!file) {
        place = undefined
        reader.restart()
        return
      }
      try {
        await readFrom(file, reader)
      } finally {
        await file.close()
      }
    },
    async append(lines) {
      const flags = constants.O_RDWR | constants.O_APPEND | constants.O_CREAT
      const file = await open(path, flags, OWNER_ONLY)
      try {
        const { dev, ino, size } = await file.stat()
        const text = `${(await endsInside(file, size)) ? '\n' : ''}${lines.join('')}`
        await file.appendFile(text, 'utf8')
        await file.datasync()
        if (size === 0) await syncFolder(dirname(path))
        // What we have written ourselves need not be read, unless somebody else wrote in between.
        if (place?.dev === dev && place.ino === ino && place.offset === size) place.offset += Buffer.byteLength(text)
      } finally {
        await file.close()
      }
    },
    async probe() {
      await (await open(path, 'a', OWNER_ONLY)).close()
    },
  }
}

/** Whether the file ends inside a line that a crash has cut off: what follows must not become part of it. */
async function endsInside(file: FileHandle, size: number): Promise<boolean> {
  if (size === 0) return false
  const last = Buffer.alloc(1)
  await file.read(last, 0, 1, size - 1)
  return last[0] !== LINE_FEED
}

/** The name of a new file is durable only once its folder is (fsync(2)). */
async function syncFolder(path: string): Promise<void> {
  const folder = await open(path, 'r')
  try {
    await folder.sync()
  } finally {
    await folder.close()
  }
}

/** The sink cannot be read or written. */
export class SinkFails extends Error {
  override readonly name = 'SinkFails'
}

/** @throws {SinkFails} With what went wrong as its cause. */
export async function withSink<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (cause) {
    throw new SinkFails('the sink of the checkpoints cannot be used', { cause })
  }
}
