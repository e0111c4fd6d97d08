import { statfs } from 'node:fs/promises'
import { ToolFailed } from './run-tool.ts'

/** PostgreSQL could not be started, for a reason that a person can do something about: the message is one sentence. */
export class CannotStart extends Error {
  constructor(sentence: string, options?: ErrorOptions) {
    super(sentence, options)
    this.name = 'CannotStart'
  }
}

/** A cluster takes 41 MB, and PostgreSQL adds its log in segments of 16 MB. */
const ROOM_NEEDED_BYTES = 64 * 1024 * 1024

/**
 * Finds the sentence for a failed file operation or a failed tool.
 *
 * @param error What was thrown: a system error, or a `ToolFailed` with what the tool printed.
 * @param folder Where the database is or should be.
 * @param log The server's log, if it got so far.
 */
export async function cannotStart(error: unknown, folder: string, log?: string): Promise<CannotStart> {
  if (error instanceof CannotStart) return error
  const text = error instanceof Error ? error.message : String(error)
  const code = error instanceof Error ? (error as NodeJS.ErrnoException).code : undefined
  const because = (sentence: string) => new CannotStart(sentence, { cause: error })
  if (
    code === 'ENOSPC' ||
    code === 'EDQUOT' ||
    /No space left on device|[Dd]isk quota exceeded|free disk space/.test(text)
  ) {
    return because(`There is not enough free space for the database in ${folder}.`)
  }
  if (code === 'EROFS' || /Read-only file system/.test(text)) {
    return because(`The folder ${folder} is on a read-only file system, and the database must be written there.`)
  }
  if (code === 'EACCES' || code === 'EPERM' || /Permission denied|Operation not permitted/.test(text)) {
    return because(`The folder ${folder} cannot be written, and the database must be kept there.`)
  }
  if (code === 'ENOTDIR' || code === 'EEXIST') {
    return because(`The folder ${folder} cannot be made, because a file of that name is in the way.`)
  }
  // On a full disk the server's log stays empty, and initdb fails somewhere in the middle with other words.
  if (error instanceof ToolFailed && (await freeBytes(folder)) < ROOM_NEEDED_BYTES) {
    return because(`There is not enough free space for the database in ${folder}.`)
  }
  const lines = text.split('\n').filter((line) => line.trim() !== '')
  const reason = (lines.findLast((line) => /FATAL|PANIC|error:/.test(line)) ?? lines.at(-1) ?? 'it gave no reason')
    .replace(/^.*?(FATAL|PANIC|error):\s*/, '')
    .replace(/\.$/, '')
  const where = log === undefined ? '' : ` (its log is ${log})`
  return because(`PostgreSQL could not be started${where}: ${reason.trim()}.`)
}

async function freeBytes(folder: string): Promise<number> {
  try {
    const { bavail, bsize } = await statfs(folder)
    return bavail * bsize
  } catch {
    return Number.POSITIVE_INFINITY
  }
}
