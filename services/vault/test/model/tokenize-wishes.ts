import fc from 'fast-check'
import { CHOICES, chosenInstrument } from './instrument.ts'
import type { OnDuplicate, Tokenize } from './request.ts'
import { HOUR_MS, mostlyFirst, seldom, upTo, type Wish, wish } from './wish.ts'

const policies = fc.constantFrom<OnDuplicate>('create', 'create', 'return_existing', 'update', 'reject')
const choices = {
  key: upTo(8),
  account: fc.oneof({ weight: 5, arbitrary: mostlyFirst(2) }, { weight: 2, arbitrary: fc.constant(null) }),
  number: mostlyFirst(CHOICES.numbers),
  expiry: mostlyFirst(CHOICES.expiries),
  holder: mostlyFirst(CHOICES.holders),
  order: seldom(upTo(2)),
  endsInHours: seldom(fc.constantFrom(1, 48)),
  onDuplicate: policies,
  tenantWide: fc.boolean(),
}

interface Choice {
  readonly key: number
  readonly account: number | null
  readonly number: number
  readonly expiry: number
  readonly holder: number
  readonly order: number | null
  readonly endsInHours: number | null
  readonly onDuplicate: OnDuplicate
  readonly tenantWide: boolean
}

function tokenizeAs(chosen: Choice): Wish {
  return wish(`tokenize ${JSON.stringify(chosen)}`, ({ accounts, state }): Tokenize => {
    const account = chosen.account === null ? null : (accounts[chosen.account] as string)
    const { onDuplicate } = chosen
    const tenantWide = onDuplicate === 'reject' && (chosen.tenantWide || account === null)
    return {
      does: 'tokenize',
      idempotencyKey: `model-key-${chosen.key}`,
      account,
      instrument: chosenInstrument(chosen),
      metadata: chosen.order === null ? {} : { order: `${chosen.order}` },
      expiresAtMs: chosen.endsInHours === null ? null : state.nowMs + chosen.endsInHours * HOUR_MS,
      onDuplicate: account === null && !tenantWide ? 'create' : onDuplicate,
      dedupScope: tenantWide ? 'tenant' : 'account',
    }
  })
}

export const tokenizing: fc.Arbitrary<Wish> = fc.record(choices).map(tokenizeAs)

/** Requests for one number and account that differ in little: in their key, in what they ask for, or in the instrument. */
export const rivals = (count: number): fc.Arbitrary<Wish[]> => {
  const { key, expiry, holder, order, onDuplicate, tenantWide } = choices
  const difference = fc.record({ key, expiry, holder, order, onDuplicate, tenantWide }, { requiredKeys: [] })
  return fc
    .tuple(fc.record(choices), fc.array(difference, { minLength: count, maxLength: count }))
    .map(([common, differences]) => differences.map((different) => tokenizeAs({ ...common, ...different } as Choice)))
}
