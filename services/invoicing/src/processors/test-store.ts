import { createHash } from 'node:crypto'
import { type Bucket, bucketFromBytes } from '@kontor/ids'
import { coalescer, type Database } from '@kontor/postgres'
import type { TestRecord, TestStore } from '@kontor/processors'

/** The test processor names its records itself, and its names have no bucket in them. */
const bucketOfReference = (reference: string): Bucket =>
  bucketFromBytes(createHash('sha256').update(reference).digest())

interface Named {
  readonly tenantId: string
  readonly reference: string
}
interface Kept extends Named {
  readonly record: TestRecord
}
interface Found {
  readonly record: TestRecord | null
}

const BATCH_MAX = 64
const keyOf = ({ tenantId, reference }: Named): string => `${tenantId} ${reference}`

// Lists come as JSON: for an array the planner makes a new plan each time.
const FIND_SQL = `
select found.record from json_to_recordset($1::json) as wanted (ord int, bucket smallint, tenant_id uuid, reference text)
  left join lateral (
    select test.record from test_processor_record as test
     where test.bucket = wanted.bucket and test.tenant_id = wanted.tenant_id and test.reference = wanted.reference limit 1) as found on true
 order by wanted.ord`
const WRITE_SQL = `insert into test_processor_record (bucket, tenant_id, reference, record)
select bucket, tenant_id, reference, record
  from json_to_recordset($1::json) as kept (bucket smallint, tenant_id uuid, reference text, record jsonb)
 order by bucket, tenant_id, reference
    on conflict (bucket, tenant_id, reference)`
const PUT_SQL = `${WRITE_SQL} do update set record = excluded.record`
const ADD_SQL = `${WRITE_SQL} do nothing returning tenant_id, reference`

const listOf = (batch: readonly Named[]): unknown[] => [
  JSON.stringify(
    batch.map(({ tenantId, reference, ...record }, ord) => ({
      ...{ ord, bucket: bucketOfReference(reference), tenant_id: tenantId, reference },
      ...record,
    })),
  ),
]

/**
 * Where the test processor of a tenant remembers what it did, for every process that asks. What arrives while the last statement is under
 * way goes into the next one together.
 */
export function testStores(database: Database): (tenantId: string) => TestStore {
  const find = coalescer<Named, TestRecord | undefined>({
    batchMax: BATCH_MAX,
    async write(batch) {
      const rows = await database.hotSql<Found>('find_test_records', FIND_SQL, listOf(batch))
      return rows.map(({ record }) => record ?? undefined)
    },
  })
  const put = coalescer<Kept, undefined>({
    batchMax: BATCH_MAX,
    keyOf,
    async write(batch) {
      await database.hotSql('put_test_records', PUT_SQL, listOf(batch))
      return batch.map(() => undefined)
    },
  })
  /** @returns Whether there was none. */
  const add = coalescer<Kept, boolean>({
    batchMax: BATCH_MAX,
    keyOf,
    async write(batch) {
      const rows = await database.hotSql<{ tenant_id: string; reference: string }>(
        'add_test_records',
        ADD_SQL,
        listOf(batch),
      )
      const added = new Set(rows.map(({ tenant_id: tenantId, reference }) => keyOf({ tenantId, reference })))
      return batch.map((one) => added.has(keyOf(one)))
    },
  })
  return (tenantId) => ({
    find: (reference) => find({ tenantId, reference }),
    put: (reference, record) => put({ tenantId, reference, record }),
    add: async (reference, record) =>
      (await add({ tenantId, reference, record })) ? undefined : find({ tenantId, reference }),
  })
}
