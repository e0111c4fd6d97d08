import { randomBytes } from 'node:crypto'
import { generateApiKey } from '@kontor/api-key'
import { formatId, parseId } from '@kontor/ids'
import { connect, type Db } from '@kontor/postgres'
import { createApiKey } from '@kontor/tenancy'
import { Sentence } from '../sentence.ts'
import { findTenant, newReferenceId } from '../tenants.ts'
import type { Command } from './command.ts'
import { newIds } from './create-tenant.ts'

export interface KeyOptions {
  readonly service: 'vault' | 'invoicing'
  /** Slug or id; none for a service key. */
  readonly tenant?: string
  readonly mode: 'test' | 'live'
  readonly role: 'checkout' | 'invoicing' | 'accounting' | 'admin'
  readonly scope: readonly string[]
  readonly purpose: readonly string[]
  /** A day, `YYYY-MM-DD`, at whose beginning in UTC the key ends. */
  readonly expires?: string
  readonly name?: string
}

/** `kontor key create`: stores the hash of a new key and shows the key, once. */
export async function createKey({ config, screen }: Command, options: KeyOptions): Promise<number> {
  const { service, mode, role, scope, purpose, tenant } = options
  const expiresAt = expiry(options.expires)
  for (const word of scope)
    if (!/^[a-z]+(\.[a-z_]+)+$/.test(word)) throw new Sentence('A scope looks like token.reveal.')
  for (const word of purpose) {
    if (!/^[a-z][a-z0-9_]{0,62}$/.test(word))
      throw new Sentence('A purpose is lower-case letters, digits and underscores.')
  }
  if (tenant === undefined && !(service === 'vault' && role === 'invoicing')) {
    throw new Sentence(
      'Only the key that invoicing shows to the vault has no tenant (--service vault --role invoicing): give --tenant.',
    )
  }
  const url = config.required(service === 'vault' ? 'VAULT_MIGRATION_URL' : 'INVOICING_MIGRATION_URL')
  const database = connect({ url, max: 1, applicationName: 'kontor key create' })
  try {
    const tenantId = tenant === undefined ? null : await tenantIdOf(database.knex, tenant)
    const key = generateApiKey({ service, mode, random: randomBytes })
    const id = newReferenceId(newIds)
    const name = options.name ?? role
    await createApiKey(database.knex, {
      id,
      key,
      tenantId,
      mode,
      name,
      role,
      scopes: scope,
      purposes: purpose,
      expiresAt,
    })
    screen.result({ id: formatId('key', id), key: key.text, expires_at: expiresAt?.toISOString() ?? null }, [
      key.text,
      '',
      `This is ${formatId('key', id)}. Keep the key now: only its hash is stored, and nobody can show it again.`,
    ])
    return 0
  } finally {
    await database.close()
  }
}

async function tenantIdOf(db: Db, named: string): Promise<string> {
  const bySlug = await findTenant(db, named)
  if (bySlug) return bySlug.id
  const id = named.startsWith('ten_') ? idIn(named) : undefined
  const row = id && (await db('tenant').select('id').where({ id }).first())
  if (!row) throw new Sentence('There is no such tenant in that service: make it with kontor tenant create.')
  return row.id
}

function idIn(text: string): string | undefined {
  try {
    return parseId('ten', text)
  } catch {
    return undefined
  }
}

function expiry(day: string | undefined): Date | null {
  if (day === undefined) return null
  const instant = new Date(`${day}T00:00:00Z`)
  if (!/^\d{4}-\d{2}-\d{2}$/.test(day) || Number.isNaN(instant.getTime()))
    throw new Sentence('--expires is a day like 2027-01-31.')
  if (instant.getTime() <= Date.now()) throw new Sentence('--expires is in the past.')
  return instant
}
