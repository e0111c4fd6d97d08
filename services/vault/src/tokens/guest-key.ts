import { bucketOf } from '@kontor/ids'
import type { Deks } from '../keys/deks.ts'
import type { TokenDeps } from './deps.ts'

/** Destroys the key of a guest's token whose row is destroyed, and takes note of it. The sweep does what fails here. */
export async function destroyGuestKey(
  { database, deks }: { readonly database: TokenDeps['database']; readonly deks: Pick<Deks, 'destroy'> },
  { tenantId, id }: { readonly tenantId: string; readonly id: string },
): Promise<void> {
  await deks.destroy({ tenantId, id })
  await database
    .knex('token')
    .where({ bucket: bucketOf(id), id, key_pending: true })
    .update({ key_pending: false })
}
