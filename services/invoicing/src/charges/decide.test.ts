import type { ChargeOutcome } from '@kontor/processors'
import test from 'ava'
import { type Asked, type Charge, CREATE, type Step, UNTRIED } from './charge.ts'
import { decide, numbered } from './decide.ts'
import { NOT_SENT, sent, stepOf } from './steps.ts'

// An attempt of which nobody knows what became may have been carried out, whatever becomes of the next one.

const NOW = new Date('2026-11-23T12:00:00Z')
const CONFIRM: Asked = { request: 'confirm', no: 1 }
const CAPTURE: Asked = { request: 'capture', no: 1, amountMinor: 500n }
const UNKNOWN: ChargeOutcome = { outcome: 'unknown', because: 'timeout' }
const declined = (
  reason: 'insufficient_funds' | 'merchant_restricted' | 'not_found' | 'invalid_request',
): ChargeOutcome => ({
  outcome: 'declined',
  reason,
  soft: false,
  reference: 'pi_1',
})

const CHARGE = { ...UNTRIED, currency: 'CHF', amount_minor: 500n, reference: 'pi_1' } as Charge

/** What a charge is after a last attempt was answered, given what became of those before; of one that is lost nothing is known. */
function after(asked: Asked, earlier: readonly ('lost' | ChargeOutcome)[], answered: ChargeOutcome, held = CHARGE) {
  const rows: Step[] = earlier.flatMap((outcome): Step[] => [
    sent(asked, 'request') as Step,
    ...(outcome === 'lost' ? [] : [stepOf(asked, outcome, 'request')]),
  ])
  const steps = numbered([], [{ kind: 'claimed', learned_by: 'request' }, ...rows, sent(asked, 'job')], NOW)
  return decide(held, steps, { asked, answered, by: 'job', keyLifeMs: undefined, now: NOW }).charge.state
}

for (const asked of [CREATE, CONFIRM]) {
  const { request } = asked
  test(`a ${request} that was not sent is given up when each attempt is accounted for, and not before`, (t) => {
    t.is(after(asked, [], NOT_SENT), 'not_sent')
    t.is(after(asked, [NOT_SENT, NOT_SENT], NOT_SENT), 'not_sent')
    t.is(after(asked, ['lost'], NOT_SENT), 'unknown')
    t.is(after(asked, [UNKNOWN], NOT_SENT), 'unknown')
    t.is(after(asked, ['lost', NOT_SENT], NOT_SENT), 'unknown')
    t.is(after(asked, [NOT_SENT, 'lost'], NOT_SENT), 'unknown')
    t.is(after(asked, [UNKNOWN, UNKNOWN, NOT_SENT], NOT_SENT), 'unknown')
  })

  test(`a ${request} that is refused as a question declines the charge only where nothing else may have been carried out`, (t) => {
    for (const reason of ['not_found', 'invalid_request', 'merchant_restricted'] as const) {
      t.is(after(asked, [], declined(reason)), 'declined', reason)
      t.is(after(asked, [NOT_SENT], declined(reason)), 'declined', reason)
      t.is(after(asked, ['lost'], declined(reason)), 'unknown', reason)
      t.is(after(asked, [UNKNOWN], declined(reason)), 'unknown', reason)
    }
    t.is(after(asked, ['lost'], declined('insufficient_funds')), 'declined', 'a bank speaks of the charge itself')
  })
}

test('a capture that was not sent leaves the money held, unless an earlier attempt may have taken it', (t) => {
  const held = { ...CHARGE, state: 'processing' } as Charge
  const authorized = (outcome: 'lost' | ChargeOutcome) => {
    const steps = numbered(
      [],
      [
        { kind: 'claimed', learned_by: 'request' },
        stepOf(CONFIRM, { outcome: 'authorized', reference: 'pi_1' }, 'request'),
        sent(CAPTURE, 'request'),
        ...(outcome === 'lost' ? [] : [stepOf(CAPTURE, outcome, 'request')]),
        sent(CAPTURE, 'job'),
      ],
      NOW,
    )
    return decide(held, steps, { asked: CAPTURE, answered: NOT_SENT, by: 'job', keyLifeMs: undefined, now: NOW }).charge
      .state
  }
  t.is(authorized(NOT_SENT), 'authorized')
  t.is(authorized('lost'), 'unknown')
  t.is(authorized(UNKNOWN), 'unknown')
})
