import type { WrappedKey } from '@kontor/keystore'
import type { Database, Db, Tx } from '@kontor/postgres'

/** How much a root KEK wraps. */
export interface WrappedByRoot {
  readonly tenantKeks: number
  readonly signingKeys: number
}

/** A tenant's KEK under a root KEK. */
export interface KekUnderRoot extends UnderRoot {
  readonly tenant_id: string
  readonly version: number
}

/** A signing key under a root KEK. */
export interface SigningKeyUnderRoot extends UnderRoot {
  readonly kid: string
}

interface UnderRoot {
  readonly root_kid: string
  readonly wrapped: string
}

export async function countWrappedByRoot(db: Db, kid: string): Promise<WrappedByRoot> {
  const { rows } = await db.raw(
    `select (select count(*) from tenant_kek where root_kid = ? and wrapped is not null)::int as keks,
       (select count(*) from signing_key where root_kid = ?)::int as signing_keys`,
    [kid, kid],
  )
  return { tenantKeks: rows[0].keks, signingKeys: rows[0].signing_keys }
}

/** @returns How many keys are wrapped by another root KEK than the current one. */
export async function countWrappedByOthers(database: Database, current: string): Promise<number> {
  const [row] = await database.hotSql<{ count: number }>(
    'count_wrapped_by_others',
    `select ((select count(*) from tenant_kek where root_kid <> $1 and wrapped is not null)
       + (select count(*) from signing_key where root_kid <> $1))::int as count`,
    [current],
  )
  return row?.count ?? 0
}

export async function listKeksByOthers(database: Database, current: string, limit: number): Promise<KekUnderRoot[]> {
  return database.hotSql<KekUnderRoot>(
    'list_keks_by_others',
    `select tenant_id, version, root_kid, wrapped from tenant_kek
     where root_kid <> $1 and wrapped is not null order by tenant_id, version limit $2`,
    [current, limit],
  )
}

export async function listSigningKeysByOthers(
  database: Database,
  current: string,
  limit: number,
): Promise<SigningKeyUnderRoot[]> {
  return database.hotSql<SigningKeyUnderRoot>(
    'list_signing_keys_by_others',
    'select kid, root_kid, wrapped from signing_key where root_kid <> $1 order by kid limit $2',
    [current, limit],
  )
}

/** Puts a new wrapping in the place of the one that was read; not of one that changed, or under a root KEK that is destroyed. */
export async function replaceKek(database: Database, row: KekUnderRoot, again: WrappedKey): Promise<void> {
  await database.hotSql(
    'replace_kek',
    `update tenant_kek set root_kid = $4, wrapped = $5
     where tenant_id = $1 and version = $2 and wrapped = $3
       and not exists (select from destroyed_root_key where destroyed_root_key.kid = $4)`,
    [row.tenant_id, row.version, row.wrapped, again.kid, again.wrapped],
  )
}

/** As `replaceKek`. */
export async function replaceSigningKey(
  database: Database,
  row: SigningKeyUnderRoot,
  again: WrappedKey,
): Promise<void> {
  await database.hotSql(
    'replace_signing_key',
    `update signing_key set root_kid = $3, wrapped = $4
     where kid = $1 and wrapped = $2
       and not exists (select from destroyed_root_key where destroyed_root_key.kid = $3)`,
    [row.kid, row.wrapped, again.kid, again.wrapped],
  )
}

/**
 * Keeps everybody from storing wrapped keys until commit. A statement that waits for this sees, when it goes on, what was
 * committed meanwhile: its snapshot is taken after its locks on tables (PostgreSQL, 13.2.1).
 */
export async function lockWrapped(tx: Tx): Promise<void> {
  await tx.raw('lock table tenant_kek, signing_key in share row exclusive mode')
}

/** Notes that a root KEK is gone; of two that do so at once, the first one's certificate stands. */
export async function insertDestroyedRootKey(
  tx: Tx,
  { kid, destroyedAt, certificate }: { readonly kid: string; readonly destroyedAt: Date; readonly certificate: string },
): Promise<void> {
  await tx('destroyed_root_key').insert({ kid, destroyed_at: destroyedAt, certificate }).onConflict('kid').ignore()
}

/** @returns The certificate of a root KEK that is destroyed, or about to be. */
export async function findDestroyedRootKey(database: Database, kid: string): Promise<string | undefined> {
  const [row] = await database.hotSql<{ certificate: string }>(
    'find_destroyed_root_key',
    'select certificate from destroyed_root_key where kid = $1',
    [kid],
  )
  return row?.certificate
}
