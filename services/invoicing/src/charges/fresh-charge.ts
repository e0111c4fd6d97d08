import type { Principal } from '@kontor/http-api'
import { bucketOf, parseId } from '@kontor/ids'
import type { Processor } from '@kontor/processors'
import type { Static } from 'typebox'
import type { Deps } from '../deps.ts'
import type { IntentDigest } from '../idempotency/command.ts'
import type { MaskedInstrument } from '../vault/client.ts'
import type { Registration } from '../vault/registrations.ts'
import { type Charge, UNTRIED } from './charge.ts'
import type { Payable } from './payable-reads.ts'
import type { CreateCharge } from './schema.ts'

type Request = Static<typeof CreateCharge>

/** What was read and checked before a charge is claimed. */
export interface Judged {
  /** As it was when the request came. */
  readonly invoice: Payable
  readonly instrument: MaskedInstrument
  readonly processor: Processor
  readonly registration: Registration
  readonly chosenBy: Charge['chosen_by']
  readonly fallback: Processor['name'] | null
  /** The amount by which the processor was chosen, where the request names none. */
  readonly forMinor: bigint | undefined
}

/** A charge that a request asks for, before anything of it is written down. */
export function freshCharge(
  deps: Pick<Deps, 'newId' | 'now'>,
  actor: Principal,
  digest: IntentDigest,
  body: Request,
  { invoice, instrument, processor, registration, chosenBy, fallback }: Judged,
  amountMinor: bigint,
): Charge {
  const at = deps.now()
  return {
    id: deps.newId(bucketOf(invoice.id)),
    tenant_id: actor.tenantId,
    mode: actor.mode,
    account_id: invoice.account_id,
    invoice_id: invoice.id,
    document_type: invoice.document_type,
    key_id: actor.keyId,
    request_hmac: digest.requestHmac,
    token_id: parseId('tok', body.token_id),
    method: instrument.type,
    instrument: instrument.display,
    processor: processor.name,
    registration,
    currency: invoice.currency,
    amount_minor: amountMinor,
    capture: body.capture ?? 'automatic',
    off_session: body.off_session ?? false,
    return_url: body.return_url ?? null,
    ...UNTRIED,
    chosen_by: chosenBy,
    fallback,
    retry_of: null,
    first_id: null,
    attempt: 1,
    created_at: at,
    updated_at: at,
  }
}
