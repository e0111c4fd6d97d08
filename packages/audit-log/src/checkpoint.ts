import { HASH_BYTES } from '@kontor/merkle-log'

/** The `typ` of a checkpoint's JWS. */
export const CHECKPOINT_TYP = 'kontor-checkpoint+jwt'

/** What the vault states of a log at an instant: so many leaves, and this root over them (RFC 9162, 2.1.1). */
export interface Checkpoint {
  /** Whose log: `ten_…`, and which of its two modes. */
  readonly tenant: string
  readonly mode: string
  readonly size: number
  readonly root: Buffer
  /** UTC, ISO 8601. */
  readonly at: string
  /** After an older database was put back: the size and root that had been signed before, and are given up. */
  readonly restored: { readonly size: number; readonly root: Buffer } | null
}

/** A line of the sink: a signed checkpoint, and the hashes of the leaves that came since the one before. */
export interface SinkLine {
  /** Compact JWS whose payload is the checkpoint. */
  readonly checkpoint: string
  /** The index of the first of the leaves. */
  readonly from: number
  readonly leaves: readonly Buffer[]
}

/** It is not of the form that the vault writes. The message does not repeat it. */
export class InvalidCheckpoint extends Error {
  override readonly name = 'InvalidCheckpoint'
}

/** Names one log: a tenant's, of one mode. */
export const logOf = ({ tenant, mode }: { readonly tenant: string; readonly mode: string }): string =>
  `${tenant} ${mode}`

/** @returns What is signed. */
export function toPayload({ tenant, mode, size, root, at, restored }: Checkpoint): Record<string, unknown> {
  const given = restored && { size: restored.size, root: restored.root.toString('base64url') }
  return { tenant, mode, size, root: root.toString('base64url'), at, ...(given ? { restored: given } : {}) }
}

/**
 * @param payload What was signed.
 * @throws {InvalidCheckpoint}
 */
export function fromPayload(payload: Readonly<Record<string, unknown>>): Checkpoint {
  const { tenant, mode, size, root, at, restored, ...rest } = payload
  const texts = [tenant, mode, at].every((value) => typeof value === 'string')
  if (!texts || Object.keys(rest).length > 0) throw new InvalidCheckpoint('a checkpoint has other members')
  const given = restored === undefined ? null : ((restored ?? {}) as Record<string, unknown>)
  return {
    tenant: tenant as string,
    mode: mode as string,
    size: readSize(size),
    root: readHash(root),
    at: at as string,
    restored: given && { size: readSize(given.size), root: readHash(given.root) },
  }
}

/** @returns The line, with its line feed. */
export function formatSinkLine({ checkpoint, from, leaves }: SinkLine): string {
  return `${JSON.stringify({ checkpoint, from, leaves: Buffer.concat(leaves).toString('base64url') })}\n`
}

/**
 * @param text A line of the sink, without its line feed.
 * @throws {InvalidCheckpoint}
 */
export function parseSinkLine(text: string): SinkLine {
  const { checkpoint, from, leaves, ...rest } = parseObject(text)
  if (typeof checkpoint !== 'string' || typeof leaves !== 'string' || Object.keys(rest).length > 0) {
    throw new InvalidCheckpoint('a line of the sink has other members')
  }
  const bytes = Buffer.from(leaves, 'base64url')
  if (bytes.length % HASH_BYTES !== 0 || bytes.toString('base64url') !== leaves) {
    throw new InvalidCheckpoint('the leaves are not whole hashes')
  }
  const hashes = Array.from({ length: bytes.length / HASH_BYTES }, (_, n) =>
    bytes.subarray(n * HASH_BYTES, (n + 1) * HASH_BYTES),
  )
  return { checkpoint, from: readSize(from), leaves: hashes }
}

/** What a JWS says, unverified: enough to know which log a line is about. @throws {InvalidCheckpoint} */
export function readUnverified(jws: string): Checkpoint {
  return fromPayload(parseObject(Buffer.from(jws.split('.')[1] ?? '', 'base64url').toString('utf8')))
}

function parseObject(text: string): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(text)
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Record<string, unknown>
  } catch {
    // JSON.parse quotes its input in the message, so the reason stays here.
  }
  throw new InvalidCheckpoint('it is not a JSON object')
}

function readSize(value: unknown): number {
  if (!Number.isSafeInteger(value) || (value as number) < 0) throw new InvalidCheckpoint('a size is a whole number')
  return value as number
}

function readHash(value: unknown): Buffer {
  const hash = typeof value === 'string' ? Buffer.from(value, 'base64url') : Buffer.alloc(0)
  if (hash.length !== HASH_BYTES) throw new InvalidCheckpoint('a root is 32 bytes in base64url')
  return hash
}
