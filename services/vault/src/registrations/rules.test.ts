import { randomBytes } from 'node:crypto'
import { DomainError } from '@kontor/problem'
import test from 'ava'
import { TooManyDeclines } from './errors.ts'
import { type Asked, type Attempt, currentOf, decide } from './rules.ts'

const NOW = new Date('2026-11-23T10:00:00Z')
const DAY_MS = 86_400_000
const OWN = randomBytes(32)
const REQUEST = randomBytes(32)

const asked = (change: Partial<Asked> = {}): Asked => ({
  processor: 'stripe',
  intentHmac: OWN,
  requestHmac: REQUEST,
  expiry: '2030-12',
  keyLifeMs: DAY_MS,
  now: NOW,
  ...change,
})

function attempt(state: Attempt['state'], change: Partial<Attempt> = {}): Attempt {
  const told = {
    registered: { state: 'registered', reference: { type: 'card', instrument: 'pm_1' } },
    requires_action: { state: 'requires_action', waitingAs: 'seti_1' },
    pending: { state: 'pending', waitingAs: 'seti_1' },
    declined: { state: 'declined', reason: 'declined' },
    sending: undefined,
    unknown: undefined,
    not_sent: undefined,
    superseded: undefined,
  } as const satisfies Record<Attempt['state'], Attempt['told']>
  return {
    id: '01900000-0000-7000-8000-000000000001',
    tenantId: '01900000-0000-7000-8000-000000000002',
    mode: 'test',
    tokenId: '01900000-0000-7000-8000-000000000003',
    processor: 'stripe',
    ord: 1,
    expiry: null,
    intentHmac: randomBytes(32),
    requestHmac: REQUEST,
    told: told[state],
    state,
    sentAt: state === 'sending' || state === 'unknown' ? NOW : null,
    atWork: false,
    updatedAt: NOW,
    ...change,
  }
}

const own = (state: Attempt['state'], change: Partial<Attempt> = {}) => attempt(state, { intentHmac: OWN, ...change })
const longAgo = new Date(NOW.getTime() - DAY_MS)

/** What comes of a request, in a word or two. */
function comesTo(attempts: readonly Attempt[], change: Partial<Asked> = {}): string {
  try {
    const next = decide(attempts, asked(change))
    if (next.do === 'wait') return `wait: ${next.refusal.code}`
    if (next.do === 'send') return `send${next.again ? ' again' : ''}, ${next.superseded.length} superseded`
    return next.do
  } catch (refusal) {
    if (refusal instanceof DomainError) return refusal.code
    throw refusal
  }
}

const comes = test.macro<[attempts: readonly Attempt[], to: string, change?: Partial<Asked>]>({
  exec(t, attempts, to, change) {
    t.is(comesTo(attempts, change), to)
  },
  title: (given) => given ?? '',
})

test('nothing yet: it is sent', comes, [], 'send, 0 superseded')
test('its own answer: it is answered', comes, [own('registered')], 'answer')
test('its own decline: it is answered', comes, [own('declined')], 'answer')
test('its own, waiting for the payer: the processor is asked', comes, [own('requires_action')], 'ask')
test('its own, decided later: the processor is asked', comes, [own('pending')], 'ask')
test('its own, at work: it waits', comes, [own('sending', { atWork: true })], 'wait: idempotency_in_progress')
test(
  'its own, asked about at this moment: it waits',
  comes,
  [own('pending', { atWork: true })],
  'wait: idempotency_in_progress',
)
test('its own, of a process that was killed: it is sent again', comes, [own('sending')], 'send again, 0 superseded')
test('its own, unknown: it is sent again', comes, [own('unknown')], 'send again, 0 superseded')
test('its own, not sent: it is sent again', comes, [own('not_sent')], 'send again, 0 superseded')
test('its own, whose place another took: it cannot go on', comes, [own('superseded')], 'registration_superseded')
test(
  'its own, forgotten by the processor: it cannot go on',
  comes,
  [own('unknown', { sentAt: longAgo })],
  'registration_key_expired',
)
test(
  'its own, not sent long ago: it is sent again',
  comes,
  [own('not_sent', { updatedAt: longAgo })],
  'send again, 0 superseded',
)
test(
  'another request under its key: refused, whatever became of it',
  comes,
  [own('sending', { atWork: true })],
  'idempotency_mismatch',
  { requestHmac: randomBytes(32) },
)

test('another’s, registered: it is answered', comes, [attempt('declined'), attempt('registered')], 'answer')
test('another’s, waiting for the payer: the processor is asked', comes, [attempt('requires_action')], 'ask')
test('another’s, at work: it waits', comes, [attempt('sending', { atWork: true })], 'wait: registration_in_progress')
test('another’s, declined: it is sent', comes, [attempt('declined')], 'send, 0 superseded')
test('another’s, unknown: it takes its place', comes, [attempt('superseded'), attempt('unknown')], 'send, 1 superseded')
test('another’s, not sent: it takes its place', comes, [attempt('not_sent')], 'send, 1 superseded')
const before = { expiry: '2029-12' }
test('another’s, registered as it is: it is answered', comes, [attempt('registered', { expiry: '2030-12' })], 'answer')
test(
  'another’s, registered before the card was changed: it is sent',
  comes,
  [attempt('registered', before)],
  'send, 0 superseded',
)
test('its own, registered before the card was changed: its own answer', comes, [own('registered', before)], 'answer')
test(
  'another’s, waiting for the payer of the card as it was: it takes its place',
  comes,
  [attempt('registered', before), attempt('requires_action', before)],
  'send, 1 superseded',
)
test(
  'its own, unknown of the card as it was: it cannot be sent again',
  comes,
  [own('unknown', before)],
  'registration_superseded',
)
test('another processor’s: it is sent', comes, [attempt('registered', { processor: 'test' })], 'send, 0 superseded')

test('the fifth decline of an hour is the last, until the first of the five is an hour old', (t) => {
  const declines = [50, 40, 30, 20, 10].map((minutes) =>
    attempt('declined', { updatedAt: new Date(NOW.getTime() - minutes * 60_000) }),
  )
  t.is(comesTo(declines.slice(1)), 'send, 0 superseded')
  t.is(comesTo(declines), 'too_many_declines')
  const refusal = t.throws(() => decide(declines, asked()), { instanceOf: TooManyDeclines })
  t.is(refusal?.retryAfterSeconds, 600)
  t.is(comesTo(declines, { now: new Date(NOW.getTime() + 600_000) }), 'send, 0 superseded')
  t.is(comesTo(declines, { processor: 'test' }), 'send, 0 superseded')
})

test('what a token’s registration is, the newest attempt that came to something says', (t) => {
  const declined = attempt('declined')
  t.is(currentOf([attempt('superseded'), declined, attempt('sending')], 'stripe'), declined)
  t.is(currentOf([attempt('unknown')], 'stripe'), undefined)
  t.is(currentOf([declined], 'paypal'), undefined)
})
