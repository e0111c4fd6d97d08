import type { Mode } from '@kontor/http-api'
import { bucketOf, type NewId } from '@kontor/ids'
import type { Tx } from '@kontor/postgres'
import { eventData, macOf, type VaultEvent } from '../events/event.ts'
import { insertEvent } from '../events/repo.ts'
import { type AttemptId, type ProcessorName, type ToldColumns, toColumns, toldBy } from './registration.ts'

/** A token that a processor may still keep an instrument of, though the vault does not any more. */
export interface Orphan {
  readonly tokenId: string
  /** The version of the token after what happened. */
  readonly version: number
  readonly processor: ProcessorName
}

/** Why the vault keeps no reference any more. */
export type OrphanedBy = 'deleted' | 'expired' | 'moved' | 'erased' | 'superseded'

/** Attempts of which certainly nothing is kept anywhere, or that were told of before. */
const KEPT_NOWHERE: readonly ToldColumns['state'][] = ['not_sent', 'declined', 'superseded']

/** Destroys what is known of the registrations of tokens whose rows are held. All are of one bucket. */
export async function endRegistrations(
  tx: Tx,
  tokens: readonly { readonly id: string; readonly version: number }[],
): Promise<Orphan[]> {
  const [first] = tokens
  if (first === undefined) return []
  const versions = new Map(tokens.map(({ id, version }) => [id, version]))
  const rows: { token_id: string; processor: ProcessorName; state: ToldColumns['state'] }[] = await tx('registration')
    .where({ bucket: bucketOf(first.id) })
    .whereRaw('token_id = any(?)', [[...versions.keys()]])
    .delete()
    .returning(['token_id', 'processor', 'state'])
  const kept = rows.filter(({ state }) => !KEPT_NOWHERE.includes(state))
  const orphans = kept.map(({ token_id: tokenId, processor }) => {
    return { tokenId, version: versions.get(tokenId) as number, processor }
  })
  return [...new Map(orphans.map((orphan) => [`${orphan.tokenId} ${orphan.processor}`, orphan])).values()]
}

type MovedRow = ToldColumns & {
  id: string
  tenant_id: string
  mode: Mode
  processor: ProcessorName
  ord: number
  expiry: string | null
  idempotency_hmac: Buffer
  request_hmac: Buffer
  sent_at: Date | null
  created_at: Date
}
const MOVED = [
  'id',
  'tenant_id',
  'mode',
  'processor',
  'ord',
  'expiry',
  'idempotency_hmac',
  'request_hmac',
  'sent_at',
  'created_at',
  'state',
  'waiting_as',
  'reference_type',
  'instrument',
  'customer',
  'mandate',
  'decline_reason',
  'mac',
]

/**
 * Takes what processors keep of an instrument to its new token: registered, or waiting for the payer. Both tokens' rows are held.
 *
 * @param key HMAC key of the MACs of registrations.
 */
export async function moveRegistrations(
  tx: Tx,
  { from, to, newId, at }: { readonly from: string; readonly to: string; readonly newId: NewId; readonly at: Date },
  key: Buffer,
): Promise<void> {
  const rows: MovedRow[] = await tx('registration')
    .where({ bucket: bucketOf(from), token_id: from })
    .whereIn('state', ['registered', 'requires_action', 'pending'])
    .delete()
    .returning(MOVED)
  for (const row of rows) {
    const { tenant_id: tenantId, mode, processor } = row
    const before: AttemptId = { id: row.id, tenantId, mode, tokenId: from, processor }
    const after: AttemptId = { ...before, id: newId(bucketOf(to)), tokenId: to }
    const told = toldBy(before, row, key)
    if (!told) continue
    await tx('registration').insert({
      bucket: bucketOf(to),
      id: after.id,
      tenant_id: tenantId,
      mode,
      token_id: to,
      processor,
      ord: row.ord,
      expiry: row.expiry,
      idempotency_hmac: row.idempotency_hmac,
      request_hmac: row.request_hmac,
      sent_at: row.sent_at,
      created_at: row.created_at,
      updated_at: at,
      ...toColumns(after, told, key),
    })
  }
}

/** What the events of orphans have in common. */
export interface OrphanAuthor {
  readonly tenantId: string
  readonly mode: Mode
  readonly subjectId: string
  readonly keyId: string
  readonly requestId: string
  readonly at: Date
}

/** Says of each orphan that somebody has to tell the processor, for the vault cannot any more. The events name no reference. */
export async function noteOrphans(
  tx: Tx,
  orphans: readonly Orphan[],
  because: OrphanedBy,
  author: OrphanAuthor,
  { newId, eventKey }: { readonly newId: NewId; readonly eventKey: Buffer },
): Promise<void> {
  for (const { tokenId, version, processor } of orphans) {
    const event: VaultEvent = {
      id: newId(bucketOf(tokenId)),
      tenantId: author.tenantId,
      mode: author.mode,
      type: 'registration.orphaned',
      subjectId: author.subjectId,
      objectId: tokenId,
      objectVersion: version,
      actorKeyId: author.keyId,
      purpose: null,
      requestId: author.requestId,
      at: author.at,
      data: eventData({ because, processor }),
    }
    await insertEvent(tx, event, macOf(event, eventKey))
  }
}
