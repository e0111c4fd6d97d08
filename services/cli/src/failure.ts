import { statfs } from 'node:fs/promises'
import { CannotStart } from '@kontor/embedded-postgres'
import { MigrationFailed, sqlstate } from '@kontor/postgres'
import { NoAnswer, Refused } from './job/api-client.ts'
import { Sentence } from './sentence.ts'

/** With less room than this, whatever failed failed for want of room: PostgreSQL alone writes logs in pieces of 16 MB. */
const ROOM_MIN_BYTES = 4_000_000

/**
 * Says in one sentence why the command cannot go on.
 *
 * @param folder Where the command was writing; a full disk shows itself in many ways, so it is looked at.
 * @returns `undefined` for a defect of ours, which a stack trace says more about.
 */
export async function sentenceFor(error: unknown, folder: string): Promise<string | undefined> {
  if (await isFull(folder))
    return `The disk that holds ${folder} is full: make room there, or set KONTOR_HOME to another folder.`
  if (error instanceof Sentence || error instanceof CannotStart) return error.message
  if (error instanceof MigrationFailed) return `The database could not be migrated: ${error.message}.`
  if (error instanceof Refused) {
    const { title, code, detail, status } = error.problem
    // A refusal says itself what is wrong; of a defect or an outage only the log of the service does.
    if (status < 500) return `The ${error.service} service refuses: ${title} (${code})${detail ? `; ${detail}` : ''}.`
    return `The ${error.service} service cannot go on: ${title} (${code}); its log says more.`
  }
  if (error instanceof NoAnswer) return `The ${error.service} service does not answer.`
  return ofDatabase(error) ?? ofSystem(error, folder)
}

async function isFull(folder: string): Promise<boolean> {
  const stats = await statfs(folder).catch(() => undefined)
  return stats !== undefined && stats.blocks > 0 && stats.bavail * stats.bsize < ROOM_MIN_BYTES
}

/** @see PostgreSQL, appendix A: classes 08 (connection), 28 (authorization), 3D (no such database), 53 (resources). */
function ofDatabase(error: unknown): string | undefined {
  const state = sqlstate(error)
  if (state === undefined) return undefined
  if (state === '53100') return 'The disk of the database server is full.'
  if (state.startsWith('28')) return 'The database refuses the login: the URL has a wrong user or password.'
  if (state === '3D000') return 'The database that the URL names does not exist.'
  if (state === '42501') return 'The database user may not do this: the URL must be that of the owner.'
  if (state === '42P01') return 'The database has no tables of Kontor yet: run kontor migrate first.'
  return undefined
}

function ofSystem(error: unknown, folder: string): string | undefined {
  const { code, path, syscall } = error as NodeJS.ErrnoException
  const where = path ?? folder
  switch (code) {
    case 'ENOSPC':
    case 'EDQUOT':
      return `There is no room left in ${folder}: make some, or set KONTOR_HOME to another folder.`
    case 'EACCES':
    case 'EPERM':
      return `${where} cannot be written: give yourself the right to, or set KONTOR_HOME to another folder.`
    case 'EROFS':
      return `${where} is on a read-only file system: set KONTOR_HOME to another folder.`
    case 'EEXIST':
    case 'ENOTDIR':
      return `The folder ${folder} cannot be made, because a file is in the way.`
    case 'ENOENT':
      return `${where} cannot be made.`
    case 'ECONNREFUSED':
    case 'ENOTFOUND':
    case 'ETIMEDOUT':
    case 'EAI_AGAIN':
      return syscall === undefined ? undefined : 'The database server that the URL names does not answer.'
    default:
      return undefined
  }
}
