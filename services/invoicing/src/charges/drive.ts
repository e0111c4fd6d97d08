import { formatId } from '@kontor/ids'
import { DomainError } from '@kontor/problem'
import type { ChargeOutcome, PayerAction, Processor } from '@kontor/processors'
import type { Asked, Charge, LearnedBy } from './charge.ts'
import type { ChargeLedger, Written } from './ledger.ts'

/** Where a charge has come to, and what the payer has to do, which is written down nowhere. */
export interface Driven {
  readonly charge: Charge
  readonly action: PayerAction | null
  /** Whether the last request was certainly not carried out. */
  readonly notSent: boolean
  /** The payment of the charge, null where there is none; absent where that is not known without asking. */
  readonly paymentId?: string | null | undefined
}

/**
 * Asks the processor what the ledger says is next, until nothing is. What is asked stands in the ledger and is committed; no connection
 * and no lock is held meanwhile, so that this may end anywhere, and be done by two at once.
 */
export async function drive(
  ledger: Pick<ChargeLedger, 'hear' | 'hearAtOnce'>,
  processor: Processor,
  { charge, next, view }: Written,
  by: LearnedBy,
): Promise<Driven> {
  let [now, asked, seen] = [charge, next, view]
  let action: PayerAction | null = null
  let notSent = false
  while (asked !== undefined) {
    const outcome = await ask(processor, now, asked)
    const lives = processor.keyLifeMs
    const written =
      (seen && (await ledger.hearAtOnce(now, seen, asked, outcome, lives))) ??
      (await ledger.hear(now, asked, outcome, by, lives))
    now = written.charge
    asked = written.next
    seen = written.view
    action = outcome.outcome === 'requires_action' && now.state === 'requires_action' ? outcome.action : null
    notSent = outcome.outcome === 'not_sent'
  }
  return { charge: now, action, notSent, paymentId: seen?.paymentId }
}

async function ask(processor: Processor, charge: Charge, asked: Asked): Promise<ChargeOutcome> {
  try {
    return await request(processor, charge, asked)
  } catch (error) {
    // An amount or an instrument that this processor never takes: it says so before anything is sent.
    if (!(error instanceof DomainError)) throw error
    return { outcome: 'declined', reason: 'invalid_request', soft: false, code: error.code }
  }
}

/** The same charge is always asked for in the same words, under the same keys. */
function request(processor: Processor, charge: Charge, { request, no, amountMinor }: Asked): Promise<ChargeOutcome> {
  const name = formatId('chg', charge.id)
  const { capture, registration: instrument, reference, return_url } = charge
  if (request === 'create') {
    const amount = { minor: charge.amount_minor, currency: charge.currency }
    return processor.create({ idempotencyKey: `${name}:create`, amount, capture, instrument, ourReference: name })
  }
  // From here on the ledger knows it.
  const known = reference as string
  if (request === 'confirm') {
    return processor.confirm({
      idempotencyKey: `${name}:confirm:${no}`,
      reference: known,
      instrument,
      capture,
      offSession: charge.off_session,
      ...(return_url === null ? {} : { returnUrl: return_url }),
    })
  }
  const moved = { reference: known, ...(charge.movement === null ? {} : { movement: charge.movement }) }
  if (request === 'capture') {
    const amount = amountMinor === undefined ? {} : { amount: { minor: amountMinor, currency: charge.currency } }
    return processor.capture({ idempotencyKey: `${name}:capture:${no}`, ...moved, ...amount })
  }
  if (request === 'cancel') return processor.cancel({ idempotencyKey: `${name}:cancel:${no}`, ...moved })
  return processor.retrieve(known)
}
