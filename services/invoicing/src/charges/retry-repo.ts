import { bucketOf } from '@kontor/ids'
import type { Database, Tx } from '@kontor/postgres'
import type { Charge } from './charge.ts'
import type { Retry } from './repo.ts'

type Of = Pick<Charge, 'id' | 'tenant_id'>

const COLUMNS = ['kind', 'state', 'due_at', 'because'] as const
const keyOf = (id: string) => ({ bucket: bucketOf(id), charge_id: id })

export async function insertRetry(
  tx: Tx,
  { id, tenant_id }: Of,
  { kind, due_at }: Pick<Retry, 'kind' | 'due_at'>,
  created_at: Date,
): Promise<void> {
  await tx('charge_retry').insert({ ...keyOf(id), tenant_id, kind, due_at, created_at })
}

export const findRetry = (db: Database['knex'] | Tx, id: string): Promise<Retry | undefined> =>
  db('charge_retry').select(COLUMNS).where(keyOf(id)).first()

/** Holds what is to become of the next attempt of a charge, which is held before. */
export const lockRetry = (tx: Tx, id: string): Promise<Retry | undefined> =>
  tx('charge_retry').select(COLUMNS).where(keyOf(id)).forUpdate().first()

/** @returns Whether it was still waiting. */
export async function updateRetry(
  tx: Tx,
  id: string,
  change: Partial<Retry> & { readonly ended_at?: Date },
): Promise<boolean> {
  return (
    (await tx('charge_retry')
      .where({ ...keyOf(id), state: 'waiting' })
      .update(change)) === 1
  )
}
