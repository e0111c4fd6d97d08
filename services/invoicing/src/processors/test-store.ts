import { createHash } from 'node:crypto'
import { type Bucket, bucketFromBytes } from '@kontor/ids'
import type { Database } from '@kontor/postgres'
import type { TestRecord, TestStore } from '@kontor/processors'

/** The test processor names its records itself, and its names have no bucket in them. */
const bucketOfReference = (reference: string): Bucket =>
  bucketFromBytes(createHash('sha256').update(reference).digest())

/** Where the test processor of a tenant remembers what it did, for every process that asks. */
export function testStore(database: Database, tenantId: string): TestStore {
  return {
    async find(reference) {
      const [row] = await database.hotSql<{ record: TestRecord }>(
        'find_test_record',
        'select record from test_processor_record where bucket = $1 and tenant_id = $2 and reference = $3',
        [bucketOfReference(reference), tenantId, reference],
      )
      return row?.record
    },
    async put(reference, record) {
      await database.hotSql(
        'put_test_record',
        `insert into test_processor_record (bucket, tenant_id, reference, record) values ($1, $2, $3, $4)
         on conflict (bucket, tenant_id, reference) do update set record = excluded.record`,
        [bucketOfReference(reference), tenantId, reference, JSON.stringify(record)],
      )
    },
  }
}
