import { bucketOf } from '@kontor/ids'
import { coalescer, type Database } from '@kontor/postgres'
import type { PayableType } from '../balances/document-id.ts'
import type { IntentDigest } from '../idempotency/command.ts'
import type { Owner } from '../issuers/repo.ts'

/** What a charge has to know of an invoice or proforma, as it is when the request comes. */
export interface Payable {
  readonly id: string
  readonly document_type: PayableType
  readonly state: 'draft' | 'issued'
  readonly account_id: string
  readonly currency: string
  /** Of the issuer; null in a draft. */
  readonly time_zone: string | null
  readonly open_minor: bigint
  /** What charges that have not ended may still take. */
  readonly charging_minor: bigint
}

interface Wanted {
  readonly owner: Owner
  readonly type: PayableType
  readonly id: string
  readonly digest: IntentDigest
}

interface Found {
  readonly invoice: Payable | undefined
  /** Whether there is a charge under the caller's key. */
  readonly isKnown: boolean
}

// Each `limit 1` keeps the lookup one by one, whatever the planner thinks of a table that is still small. The list comes as JSON: of an array
// the planner expects ten rows, finds that a plan for the two that came is cheaper, and plans anew each time.
const PAYABLES_SQL = `
select payable.*, twin.id is not null as is_known
  from json_to_recordset($1::json) as wanted (ord int, bucket smallint, id uuid, tenant_id uuid, mode text, document_type text, key_hmac text)
  left join lateral (
    select document.id, document.document_type, document.state, document.account_id, document.currency,
           document.snapshot::json #>> '{issuer,time_zone}' as time_zone,
           open_minor(document.bucket, document.id) as open_minor, charging_minor(document.bucket, document.id) as charging_minor
      from document
     where document.bucket = wanted.bucket and document.id = wanted.id and document.tenant_id = wanted.tenant_id
       and document.mode = wanted.mode and document.document_type = wanted.document_type limit 1) as payable on true
  left join lateral (
    select charge.id from charge
     where charge.bucket = wanted.bucket and charge.idempotency_hmac = decode(wanted.key_hmac, 'hex') limit 1) as twin on true
 order by wanted.ord`

const BATCH_MAX = 64

/** Makes the first read of a charge. What arrives while the last one is under way is read together. */
export function payableReads(database: Database) {
  return coalescer<Wanted, Found>({
    batchMax: BATCH_MAX,
    async write(batch) {
      const wanted = batch.map(({ id, owner: { tenantId, mode }, type, digest }, ord) => ({
        ...{ ord, bucket: bucketOf(id), id, tenant_id: tenantId, mode, document_type: type },
        key_hmac: digest.keyHmac.toString('hex'),
      }))
      const rows = await database.hotSql<Payable & { readonly is_known: boolean }>('find_payables', PAYABLES_SQL, [
        JSON.stringify(wanted),
      ])
      return rows.map(({ is_known: isKnown, ...payable }) => ({
        invoice: payable.id === null ? undefined : payable,
        isKnown,
      }))
    },
  })
}
