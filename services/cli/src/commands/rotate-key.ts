import { randomBytes } from 'node:crypto'
import { generateApiKey } from '@kontor/api-key'
import { rotateApiKey } from '@kontor/tenancy'
import { Sentence } from '../sentence.ts'
import { newReferenceId } from '../tenants.ts'
import { type KeyService, keyIdOf, showKeyId, withKeys } from './api-keys.ts'
import type { Command } from './command.ts'
import { newIds } from './create-tenant.ts'

export interface RotateOptions {
  readonly service: KeyService
  /** How long both keys work, such as `24h`. */
  readonly overlap: string
}

const UNIT_MS: Readonly<Record<string, number>> = { m: 60_000, h: 3_600_000, d: 86_400_000 }
const OVERLAP_MAX_MS = 90 * 86_400_000

/** `kontor key rotate`: a new key with the rights of an old one, which ends after the overlap. */
export async function rotateKey(command: Command, text: string, options: RotateOptions): Promise<number> {
  const id = keyIdOf(text)
  const overlapMs = durationMs(options.overlap)
  const inVault = options.service === 'vault'
  const { key, newId, ends } = await withKeys(command, options.service, 'kontor key rotate', async (db) => {
    const row = await db('api_key').select('mode').where({ id }).first()
    const key = generateApiKey({
      service: options.service,
      mode: row?.mode === 'live' ? 'live' : 'test',
      random: randomBytes,
    })
    const newId = newReferenceId(newIds)
    const now = new Date()
    const ends = await rotateApiKey(db, { id, replacement: { id: newId, key }, overlapMs, now, inVault })
    return { key, newId, ends }
  })
  const result = { id: showKeyId(newId), key: key.text, replaces: showKeyId(id), old_key_ends_at: ends.toISOString() }
  command.screen.result(result, [
    key.text,
    '',
    `This is ${result.id}. Keep the key now: only its hash is stored, and nobody can show it again.`,
    `The old key, ${result.replaces}, works until ${result.old_key_ends_at}.`,
  ])
  return 0
}

/** @param text A whole number of minutes, hours or days: `90m`, `24h`, `7d`. */
function durationMs(text: string): number {
  const [, count, unit = ''] = /^(\d{1,6})([mhd])$/.exec(text) ?? []
  const ms = Number(count) * (UNIT_MS[unit] ?? Number.NaN)
  if (!(ms <= OVERLAP_MAX_MS)) throw new Sentence('--overlap is a time like 90m, 24h or 7d, 90 days at most.')
  return ms
}
