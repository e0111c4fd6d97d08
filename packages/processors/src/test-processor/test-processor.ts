import { createHash } from 'node:crypto'
import { isPublishedTestPan } from '@kontor/payment-data'
import { type DeclineReason, isSoft } from '../decline.ts'
import { AmountNotAccepted, InstrumentNotAccepted } from '../errors.ts'
import { checkedKey } from '../idempotency-key.ts'
import type { ClearInstrument, RegisterOutcome } from '../instrument.ts'
import { type ChargeOutcome, type Declined, type Money, notSent, type RefundOutcome, unknown } from '../outcome.ts'
import type { CreateRequest, Processor } from '../processor.ts'
import type { TestRecord, TestStore } from './store.ts'
import { SCRIPTS } from './table.ts'

export interface TestOptions {
  readonly store: TestStore
}

const YEAR_MS = 365 * 24 * 3_600_000
/** Where a payer would agree; `.example` leads nowhere (RFC 2606). */
const APPROVAL = 'https://processor.example/approve/'
/** Stripe's test accounts (docs.stripe.com/testing, "SEPA Direct Debit"), and examples of the IBAN registry (ISO 13616), which are nobody's. */
const TEST_IBANS: ReadonlySet<string> = new Set([
  'AT611904300234573201',
  'BE62510007547061',
  'CH9300762011623852957',
  'DE89370400440532013000',
  'DK5000400440116243',
  'ES0700120345030000067890',
  'FR1420041010050500013M02606',
  'IT40S0542811101000000123456',
  'IT60X0542811101000000123456',
  'LI0508800636123378777',
  'NL39RABO0300065264',
  'NL91ABNA0417164300',
])

/** Ids follow from the key, so that a request that is repeated finds what it made. */
const idFor = (kind: string, key: string): string =>
  `test_${kind}_${createHash('sha256')
    .update(`${kind}:${checkedKey(key)}`)
    .digest('hex')
    .slice(0, 24)}`

const moneyOf = ({ minor, currency }: TestRecord): Money => ({ minor: BigInt(minor), currency })

function declined(reason: DeclineReason, reference: string): Declined {
  return { outcome: 'declined', reason, soft: isSoft(reason), reference }
}

function chargeOf(reference: string, record: TestRecord): ChargeOutcome {
  const charged = { reference, amount: moneyOf(record) }
  if (record.state === 'declined') return declined(record.reason as DeclineReason, reference)
  if (record.state === 'requires_action')
    return { outcome: 'requires_action', action: { type: 'redirect', url: `${APPROVAL}${reference}` }, ...charged }
  if (record.state === 'created' || record.state === 'cancelled') return { outcome: record.state, ...charged }
  return { outcome: record.state, movement: reference.replace('test_charge_', 'test_movement_'), ...charged }
}

/**
 * Moves no money and asks nobody. What happens is decided by the amount (docs/processors.md), and only published test numbers are
 * taken, so that nobody's card is charged for nothing, in words at least.
 */
export function testProcessor({ store }: TestOptions): Processor {
  async function change(
    reference: string,
    key: string,
    next: (record: TestRecord) => Partial<TestRecord> | undefined,
  ): Promise<ChargeOutcome> {
    const record = await store.find(reference)
    if (record === undefined) return declined('not_found', reference)
    if (record.keys.includes(key)) return chargeOf(reference, record)
    const changed = next(record)
    if (changed === undefined) return chargeOf(reference, record)
    const put: TestRecord = { ...record, ...changed, keys: [...record.keys, key] }
    await store.put(reference, put)
    return chargeOf(reference, put)
  }

  /** The first charge of an instrument that was confirmed with this amount, which may be this one. */
  async function firstOf(
    instrument: CreateRequest['instrument'],
    record: TestRecord,
    reference: string,
  ): Promise<string> {
    const script = SCRIPTS.get(BigInt(record.minor))?.confirm
    if (instrument.type === 'approval' || !script || !('declinedOnce' in script)) return reference
    const id = idFor(
      'first',
      createHash('sha256').update(`${instrument.instrument} ${record.minor} ${record.currency}`).digest('hex'),
    )
    const known = await store.find(id)
    if (known) return known.request
    await store.put(id, { ...record, request: reference })
    return reference
  }

  async function retrieve(reference: string): Promise<ChargeOutcome> {
    return change(reference, 'retrieve', ({ state, ending, endingReason }) =>
      state === 'pending' && ending ? { state: ending, ...(endingReason ? { reason: endingReason } : {}) } : undefined,
    )
  }

  async function refundOutcome(reference: string): Promise<RefundOutcome> {
    const record = await store.find(reference)
    if (record === undefined) return declined('not_found', reference)
    const state = record.state === 'pending' ? 'pending' : 'succeeded'
    return { outcome: state, reference, amount: moneyOf(record) }
  }

  return {
    name: 'test',
    keyLifeMs: { register: YEAR_MS, create: YEAR_MS, confirm: YEAR_MS, capture: YEAR_MS, refund: YEAR_MS },

    async register({ idempotencyKey, instrument }) {
      return registered(idFor('instrument', idempotencyKey), instrument)
    },

    async finishRegistration({ registration }) {
      return { outcome: 'registered', reference: { type: 'paypal', instrument: registration } }
    },

    async create(request) {
      const reference = idFor('charge', request.idempotencyKey)
      const script = SCRIPTS.get(positive(request.amount).minor)?.create
      if (script && 'notSent' in script) return notSent(script.notSent)
      const asked = fingerprint(request)
      const { minor, currency } = request.amount
      const made: TestRecord = { request: asked, state: 'created', minor: String(minor), currency, keys: [] }
      const known = await store.add(reference, made)
      if (known && known.request !== asked) return unknown('key_conflict')
      if (known) return { outcome: 'created', reference, amount: moneyOf(known) }
      if (script) return unknown(script.unknown)
      return { outcome: 'created', reference, amount: request.amount }
    },

    async confirm({ idempotencyKey, reference, instrument, capture }) {
      const key = checkedKey(idempotencyKey)
      const paid = capture === 'manual' ? 'authorized' : 'succeeded'
      const before = await store.find(reference)
      const script = before?.state === 'created' ? SCRIPTS.get(BigInt(before.minor))?.confirm : undefined
      if (script && 'notSent' in script) return notSent(script.notSent)
      if (script && 'unknown' in script && !before?.keys.includes('lost')) {
        await change(reference, 'lost', () => (script.really === 'nothing' ? {} : { state: paid }))
        return unknown(script.unknown, reference)
      }
      const isFirst = before !== undefined && (await firstOf(instrument, before, reference)) === reference
      return change(reference, key, ({ state }) => {
        if (state === 'requires_action') return { state: paid }
        if (state !== 'created') return undefined
        if (script && 'declined' in script) return { state: 'declined', reason: script.declined }
        if (isFirst && script && 'declinedOnce' in script) return { state: 'declined', reason: script.declinedOnce }
        if (instrument.type === 'approval' || (script && 'requiresAction' in script))
          return { state: 'requires_action' }
        if (script && 'pending' in script) return { state: 'pending', ...endingOf(script.pending) }
        return { state: paid }
      })
    },

    async capture({ idempotencyKey, reference, amount }) {
      return change(reference, checkedKey(idempotencyKey), ({ state, minor }) => {
        const captured = amount?.minor ?? BigInt(minor)
        return state === 'authorized' && captured <= BigInt(minor)
          ? { state: 'succeeded', minor: String(captured) }
          : undefined
      })
    },

    async cancel({ idempotencyKey, reference }) {
      const open = ['created', 'requires_action', 'authorized']
      return change(reference, checkedKey(idempotencyKey), ({ state }) =>
        open.includes(state) ? { state: 'cancelled' } : undefined,
      )
    },

    async refund({ idempotencyKey, reference, amount }) {
      const id = idFor('refund', idempotencyKey)
      if (await store.find(id)) return refundOutcome(id)
      const charge = await store.find(reference)
      if (charge === undefined) return declined('not_found', reference)
      const script = SCRIPTS.get(BigInt(charge.minor))?.refund
      const refundedMinor = BigInt(charge.refundedMinor ?? '0')
      const leftMinor = BigInt(charge.minor) - refundedMinor
      const minor = amount?.minor ?? leftMinor
      if (script && 'declined' in script) return declined(script.declined, id)
      if (charge.state !== 'succeeded' || minor <= 0n || minor > leftMinor) return declined('not_refundable', id)
      const state = script ? 'pending' : 'succeeded'
      await store.put(id, { request: reference, state, minor: String(minor), currency: charge.currency, keys: [] })
      await store.put(reference, { ...charge, refundedMinor: String(refundedMinor + minor) })
      return refundOutcome(id)
    },

    retrieve,

    async retrieveRefund(reference) {
      const record = await store.find(reference)
      if (record?.state === 'pending') await store.put(reference, { ...record, state: 'succeeded' })
      return refundOutcome(reference)
    },

    /** It sends none. */
    verifyWebhook: async () => ({ outcome: 'refused', because: 'bad_signature' }),
  }
}

function endingOf(pending: 'succeeded' | { readonly declined: DeclineReason }): Partial<TestRecord> {
  return pending === 'succeeded' ? { ending: pending } : { ending: 'declined', endingReason: pending.declined }
}

function positive(amount: Money): Money {
  if (amount.minor <= 0n) throw new AmountNotAccepted('the amount is more than nothing')
  return amount
}

function fingerprint({ amount, capture, instrument, ourReference }: CreateRequest): string {
  const source = instrument.type === 'approval' ? instrument.type : instrument.instrument
  return JSON.stringify([String(amount.minor), amount.currency, capture, source, ourReference])
}

/** @throws {InstrumentNotAccepted} */
function registered(instrument: string, given: ClearInstrument): RegisterOutcome {
  if (given.type === 'paypal')
    return {
      outcome: 'requires_action',
      registration: instrument,
      action: { type: 'redirect', url: `${APPROVAL}${instrument}` },
    }
  const isTest = given.type === 'card' ? isPublishedTestPan(given.open().pan) : TEST_IBANS.has(given.open().iban)
  if (!isTest) throw new InstrumentNotAccepted('the test processor takes published test numbers only')
  return { outcome: 'registered', reference: { type: given.type, instrument } }
}
