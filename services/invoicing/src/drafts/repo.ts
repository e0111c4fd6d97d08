import { bucketOf } from '@kontor/ids'
import type { Tx } from '@kontor/postgres'
import type { Document } from '../documents/document.ts'
import type { Owner } from '../issuers/repo.ts'

/** What of a draft can change. */
export type DraftChange = Pick<
  Document,
  | 'type_code'
  | 'token_id'
  | 'currency'
  | 'net_minor'
  | 'vat_minor'
  | 'gross_minor'
  | 'payable_minor'
  | 'issue_on'
  | 'due_on'
  | 'content'
  | 'version'
>

export async function updateDraft(tx: Tx, id: string, change: DraftChange): Promise<void> {
  await tx('document')
    .where({ bucket: bucketOf(id), id })
    .update({ ...change, content: JSON.stringify(change.content) })
}

/** An issued document is refused by the database itself. */
export async function deleteDraft(tx: Tx, id: string): Promise<void> {
  await tx('document')
    .where({ bucket: bucketOf(id), id })
    .delete()
}

/** Whether a draft that is not there was dropped before. The two conditions on the type let the index be used. */
export async function wasDropped(tx: Tx, owner: Owner, type: string, id: string): Promise<boolean> {
  const row = await tx('event')
    .select('id')
    .where({
      bucket: bucketOf(id),
      object_id: id,
      tenant_id: owner.tenantId,
      mode: owner.mode,
      type: `${type}.dropped`,
    })
    .whereRaw("type not like '%.created' and type not like '%.issued'")
    .first()
  return row !== undefined
}
