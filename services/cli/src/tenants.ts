import { type GeneratedApiKey, parseApiKey } from '@kontor/api-key'
import { type BucketSource, newUuid } from '@kontor/ids'
import type { Database, Db } from '@kontor/postgres'
import { createApiKey, createTenant, type NewApiKey, type Tenant } from '@kontor/tenancy'
import { Sentence } from './sentence.ts'

export interface NewIds {
  readonly nowMs: () => number
  readonly random: (size: number) => Uint8Array
  readonly randomBucket: BucketSource
}

/** The owner's connections to the two databases that know tenants. */
export interface TenantTables {
  readonly vault: Database
  readonly invoicing: Database
}

/** @returns A new id for a tenant or a key. Both are reference tables, so their bucket means nothing. */
export const newReferenceId = ({ nowMs, random, randomBucket }: NewIds): string =>
  newUuid(randomBucket(), nowMs(), random)

/**
 * Makes a tenant in both services under one id, or finds it. An earlier call that got no further than one service is completed
 * with the id that it chose.
 *
 * @throws {Sentence} The services know the slug under two ids, which only somebody's hand can have done.
 */
export async function ensureTenant(
  tables: TenantTables,
  { slug, name }: { readonly slug: string; readonly name: string },
  ids: NewIds,
): Promise<Tenant> {
  const earlier = (await findTenant(tables.vault.knex, slug)) ?? (await findTenant(tables.invoicing.knex, slug))
  const wanted = earlier ?? { id: newReferenceId(ids), slug, name }
  const inVault = await createTenant(tables.vault.knex, wanted)
  const inInvoicing = await createTenant(tables.invoicing.knex, inVault)
  if (inVault.id !== inInvoicing.id) {
    throw new Sentence(
      `The tenant ${slug} has one id in the vault and another in invoicing: the two were not made together.`,
    )
  }
  return inVault
}

export async function findTenant(db: Db, slug: string): Promise<Tenant | undefined> {
  const row: Tenant | undefined = await db('tenant').select('id', 'slug', 'name').where({ slug }).first()
  return row
}

/**
 * Makes a key known to a service, unless it is: the demo's keys stand in its secrets and may meet an empty database. A key from an earlier
 * release gets the scopes that it lacks.
 */
export async function ensureApiKey(
  db: Db,
  text: string,
  about: Omit<NewApiKey, 'id' | 'key'>,
  ids: NewIds,
): Promise<void> {
  const parsed = parseApiKey(text)
  if (!parsed) throw new Sentence('An API key in secrets.json is garbled.')
  const known = await db('api_key').select('id').where({ lookup_id: parsed.lookupId }).first()
  if (known) {
    const scopes = [...about.scopes]
    await db('api_key')
      .where({ id: known.id })
      .whereRaw('not scopes @> ?', [scopes])
      .update({
        scopes: db.raw('array(select unnest(scopes) union select unnest(?::text[]) order by 1)', [scopes]),
      })
    return
  }
  const key: GeneratedApiKey = { text, lookupId: parsed.lookupId, secretHash: parsed.secretHash }
  await createApiKey(db, { ...about, id: newReferenceId(ids), key })
}
