import type { Database } from '@kontor/postgres'

/** A signing key as it is stored: its private scalar wrapped by the root KEK `root_kid`. */
export interface SigningKeyRow {
  readonly kid: string
  readonly x: string
  readonly y: string
  readonly root_kid: string
  readonly wrapped: string
}

/** @returns The key that signs, `undefined` before the first statement. */
export async function findCurrentSigningKey(database: Database): Promise<SigningKeyRow | undefined> {
  const [row] = await database.hotSql<SigningKeyRow>(
    'find_signing_key',
    `select kid, x, y, root_kid, wrapped from signing_key where state = 'current'`,
    [],
  )
  return row
}

/** Stores a key as the one that signs; does nothing where another process was first. */
export async function insertSigningKey(database: Database, row: SigningKeyRow): Promise<void> {
  await database.hotSql(
    'insert_signing_key',
    `insert into signing_key (kid, state, x, y, root_kid, wrapped)
     select $1, 'current', $2, $3, $4, $5
     where not exists (select from destroyed_root_key where destroyed_root_key.kid = $4)
     on conflict do nothing`,
    [row.kid, row.x, row.y, row.root_kid, row.wrapped],
  )
}

/** @returns Points of every key that ever signed, the newest first. */
export async function listSigningKeys(database: Database): Promise<Pick<SigningKeyRow, 'x' | 'y'>[]> {
  return database.hotSql<Pick<SigningKeyRow, 'x' | 'y'>>(
    'list_signing_keys',
    'select x, y from signing_key order by created_at desc, kid',
    [],
  )
}
