import { constants, link, open, rename, rm, stat } from 'node:fs/promises'
import { dirname } from 'node:path'
import { KeystoreCorrupt, KeystoreExists, KeystoreExposed, KeystoreMissing, KeystoreUnreadable } from './errors.ts'

const OWNER_ONLY = 0o600
const ALL_OTHERS = 0o077
/** A keystore of 1,000 keys has half of it. */
const FILE_BYTES_MAX = 1024 * 1024

/**
 * Reads a file that only its owner may touch.
 *
 * @returns Its text.
 * @throws {KeystoreMissing} There is none.
 * @throws {KeystoreExposed} Its mode lets a group or others in.
 * @throws {KeystoreCorrupt} It is no regular file, too long, or not UTF-8.
 * @throws {KeystoreUnreadable} The system does not let us read it.
 */
export async function readPrivateFile(path: string): Promise<string> {
  // O_NONBLOCK, so that a named pipe in its place does not hold the start for ever.
  const file = await open(path, constants.O_RDONLY | constants.O_NONBLOCK).catch((error) => {
    throw unread(error, path)
  })
  try {
    // The mode is asked of the open file, so that the file judged is the file read.
    const stat = await file.stat()
    if (!stat.isFile()) throw new KeystoreCorrupt(path)
    if ((stat.mode & ALL_OTHERS) !== 0) throw new KeystoreExposed(path)
    if (stat.size > FILE_BYTES_MAX) throw new KeystoreCorrupt(path)
    const bytes = await file.readFile().catch((error) => {
      throw unread(error, path)
    })
    return decodeUtf8(bytes, path)
  } finally {
    await file.close()
  }
}

/**
 * Writes a file of mode 0600 that is either there complete and durable, or not at all.
 *
 * The last step is a hard link and not a rename, because a rename replaces what is there: of two processes that start at
 * once, the second would destroy the keys under which the first already seals.
 *
 * @param random Names the temporary file.
 * @throws {KeystoreExists} There is something at `path`; it is left as it is.
 */
export async function writeNewPrivateFile(
  path: string,
  text: string,
  random: (size: number) => Uint8Array,
): Promise<void> {
  const temporary = `${path}.${Buffer.from(random(8)).toString('hex')}.tmp`
  try {
    await writeDurably(temporary, text)
    await link(temporary, path).catch((error) => {
      throw hasCode(error, 'EEXIST') ? new KeystoreExists(path) : error
    })
  } finally {
    await rm(temporary, { force: true })
  }
  await syncDirectory(dirname(path))
}

/**
 * Replaces a file by one of mode 0600. A process that is killed on the way, or a server that loses its power, leaves either the
 * old file or the new one, complete.
 *
 * @param random Names the temporary file.
 */
export async function replacePrivateFile(
  path: string,
  text: string,
  random: (size: number) => Uint8Array,
): Promise<void> {
  const temporary = `${path}.${Buffer.from(random(8)).toString('hex')}.tmp`
  try {
    await writeDurably(temporary, text)
    await rename(temporary, path)
  } finally {
    await rm(temporary, { force: true })
  }
  await syncDirectory(dirname(path))
}

/**
 * Tells one state of a file from another without reading it.
 *
 * @returns Text that changes when the file is replaced or written to, or its mode changes.
 * @throws {KeystoreMissing} There is none.
 * @throws {KeystoreUnreadable} The system does not let us look at it.
 */
export async function markOf(path: string): Promise<string> {
  const found = await stat(path, { bigint: true }).catch((error) => {
    throw unread(error, path)
  })
  return [found.dev, found.ino, found.size, found.mtimeNs, found.ctimeNs].join(' ')
}

async function writeDurably(path: string, text: string): Promise<void> {
  const file = await open(path, 'wx', OWNER_ONLY)
  try {
    await file.chmod(OWNER_ONLY) // The umask may have taken even the owner's bits.
    await file.writeFile(text)
    await file.sync()
  } finally {
    await file.close()
  }
}

/** The name of a new file is durable only when its directory is (fsync(2)). */
async function syncDirectory(path: string): Promise<void> {
  const directory = await open(path, 'r')
  try {
    await directory.sync()
  } finally {
    await directory.close()
  }
}

function decodeUtf8(bytes: Buffer, path: string): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes)
  } catch {
    throw new KeystoreCorrupt(path)
  }
}

function unread(error: unknown, path: string): Error {
  return hasCode(error, 'ENOENT') ? new KeystoreMissing(path) : new KeystoreUnreadable(path, error)
}

function hasCode(error: unknown, code: string): boolean {
  return error instanceof Error && 'code' in error && error.code === code
}
