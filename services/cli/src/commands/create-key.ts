import { randomBytes } from 'node:crypto'
import { generateApiKey } from '@kontor/api-key'
import type { Db } from '@kontor/postgres'
import { createApiKey, InvalidNetwork, parseNetwork } from '@kontor/tenancy'
import { createVaultKey, InvalidKeyRequest } from '@kontor/vault'
import { Sentence } from '../sentence.ts'
import { newReferenceId } from '../tenants.ts'
import { showKeyId, tenantIdOf, withKeys } from './api-keys.ts'
import type { Command } from './command.ts'
import { newIds } from './create-tenant.ts'

export interface KeyOptions {
  readonly service: 'vault' | 'invoicing'
  /** Slug or id; none for a service key. */
  readonly tenant?: string
  readonly mode: 'test' | 'live'
  readonly role: string
  readonly scope: readonly string[]
  readonly purpose: readonly string[]
  /** A day, `YYYY-MM-DD`, at whose beginning in UTC the key ends. */
  readonly expires?: string
  readonly name?: string
  /** Addresses or networks that it may be used from. */
  readonly network: readonly string[]
  readonly requestsPerMinute?: string
  readonly revealsPerMinute?: string
}

const INVOICING_ROLES = ['checkout', 'invoicing', 'accounting', 'admin']

/** `kontor key create`: stores the hash of a new key and shows the key, once. */
export async function createKey(command: Command, options: KeyOptions): Promise<number> {
  const { service, role, tenant } = options
  const expiresAt = expiry(options.expires)
  if (tenant === undefined && !(service === 'vault' && role === 'invoicing')) {
    throw new Sentence(
      'Only the key that invoicing shows to the vault has no tenant (--service vault --role invoicing): give --tenant.',
    )
  }
  const { id, text } = await withKeys(command, service, 'kontor key create', async (db) => {
    const tenantId = tenant === undefined ? null : await tenantIdOf(db, tenant)
    return service === 'vault'
      ? createInVault(db, tenantId, options, expiresAt)
      : createInInvoicing(db, tenantId, options, expiresAt)
  })
  command.screen.result({ id: showKeyId(id), key: text, expires_at: expiresAt?.toISOString() ?? null }, [
    text,
    '',
    `This is ${showKeyId(id)}. Keep the key now: only its hash is stored, and nobody can show it again.`,
  ])
  return 0
}

interface Created {
  readonly id: string
  readonly text: string
}

async function createInVault(
  db: Db,
  tenantId: string | null,
  options: KeyOptions,
  expiresAt: Date | null,
): Promise<Created> {
  const { mode, role, scope: scopes, purpose: purposes, network: networks } = options
  const requestsPerMinute = limit(options.requestsPerMinute)
  const revealsPerMinute = limit(options.revealsPerMinute)
  const name = options.name ?? role
  try {
    return await createVaultKey(
      db,
      { tenantId, mode, name, role, scopes, purposes, expiresAt, networks, requestsPerMinute, revealsPerMinute },
      { random: randomBytes, nowMs: Date.now() },
    )
  } catch (error) {
    throw error instanceof InvalidKeyRequest ? asSentence(error) : error
  }
}

async function createInInvoicing(
  db: Db,
  tenantId: string | null,
  options: KeyOptions,
  expiresAt: Date | null,
): Promise<Created> {
  const { mode, role, scope: scopes, network: networks } = options
  if (!INVOICING_ROLES.includes(role))
    throw new Sentence(`A role of invoicing is one of ${INVOICING_ROLES.join(', ')}.`)
  if (options.purpose.length > 0 || options.revealsPerMinute !== undefined)
    throw new Sentence('Only a key of the vault reveals.')
  for (const word of scopes)
    if (!/^[a-z]+(\.[a-z_]+)+$/.test(word)) throw new Sentence('A scope looks like series.read.')
  const requestsPerMinute = limit(options.requestsPerMinute)
  try {
    networks.forEach(parseNetwork)
  } catch (error) {
    throw error instanceof InvalidNetwork ? asSentence(error) : error
  }
  const key = generateApiKey({ service: 'invoicing', mode, random: randomBytes })
  const id = newReferenceId(newIds)
  const name = options.name ?? role
  await createApiKey(db, {
    id,
    key,
    tenantId,
    mode,
    name,
    role,
    scopes,
    purposes: [],
    expiresAt,
    networks,
    requestsPerMinute,
  })
  return { id, text: key.text }
}

const asSentence = ({ message }: Error) => new Sentence(`${message.charAt(0).toUpperCase()}${message.slice(1)}.`)

function limit(text: string | undefined): number | undefined {
  if (text === undefined) return undefined
  if (!/^[1-9]\d{0,8}$/.test(text)) throw new Sentence('A limit is a whole number above 0.')
  return Number(text)
}

function expiry(day: string | undefined): Date | null {
  if (day === undefined) return null
  const instant = new Date(`${day}T00:00:00Z`)
  if (!/^\d{4}-\d{2}-\d{2}$/.test(day) || Number.isNaN(instant.getTime()))
    throw new Sentence('--expires is a day like 2027-01-31.')
  if (instant.getTime() <= Date.now()) throw new Sentence('--expires is in the past.')
  return instant
}
