import { formatId, InvalidId, parseId } from '@kontor/ids'
import { connect, type Db } from '@kontor/postgres'
import { KeyNotChanged } from '@kontor/tenancy'
import { Sentence } from '../sentence.ts'
import { findTenant } from '../tenants.ts'
import type { Command } from './command.ts'

export type KeyService = 'vault' | 'invoicing'

/**
 * Works on the keys of one service, as its owner.
 *
 * @throws {Sentence} Also in the place of what the tables of keys refuse.
 */
export async function withKeys<T>(
  { config }: Command,
  service: KeyService,
  applicationName: string,
  work: (db: Db) => Promise<T>,
): Promise<T> {
  const url = config.required(service === 'vault' ? 'VAULT_MIGRATION_URL' : 'INVOICING_MIGRATION_URL')
  const database = connect({ url, max: 1, applicationName })
  try {
    return await work(database.knex)
  } catch (error) {
    throw error instanceof KeyNotChanged ? new Sentence(error.message) : error
  } finally {
    await database.close()
  }
}

/** @param text `key_…`, as it was printed when the key was made. @returns A UUID. */
export function keyIdOf(text: string): string {
  const id = idIn('key', text)
  if (id === undefined) throw new Sentence('A key is named by its id, key_…, as it was printed when it was made.')
  return id
}

/** @param named Slug or id of a tenant. @returns Its UUID. */
export async function tenantIdOf(db: Db, named: string): Promise<string> {
  const bySlug = await findTenant(db, named)
  if (bySlug) return bySlug.id
  const id = idIn('ten', named)
  const row = id && (await db('tenant').select('id').where({ id }).first())
  if (!row) throw new Sentence('There is no such tenant in that service: make it with kontor tenant create.')
  return row.id
}

export const showKeyId = (id: string): string => formatId('key', id)

function idIn(prefix: 'key' | 'ten', text: string): string | undefined {
  try {
    return parseId(prefix, text)
  } catch (error) {
    if (error instanceof InvalidId) return undefined
    throw error
  }
}
