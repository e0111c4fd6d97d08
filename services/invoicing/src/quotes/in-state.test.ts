import test from 'ava'
import { ISSUER, issuerAndAccount } from '../../../../test/support/invoicing.ts'
import { plansOf } from '../testing/plans.ts'
import { LINES, type QuoteStage, quoteStage } from '../testing/quote-stage.ts'

// Serial: the lists are of everything that the tests of this file made, and the clock goes on.
let stage: QuoteStage
test.before(async () => {
  stage = await quoteStage()
})
test.after.always(() => stage.kontor.close())

const STATES = ['draft', 'sent', 'accepted', 'declined', 'expired', 'cancelled', 'superseded'] as const

interface Shown {
  readonly id: string
  readonly state: string
}

async function list(query = '', as?: string): Promise<Shown[]> {
  const found: Shown[] = []
  for (let after = ''; ; ) {
    const reply = await stage.kontor.call('GET', `/v1/quotes?${query}${after}`, undefined, as ? { as } : {})
    if (reply.status !== 200) throw new Error(reply.bytes.toString())
    found.push(...reply.body.data)
    if (!reply.body.has_more) return found
    after = `&after=${found.at(-1)?.id}`
  }
}

/** One quote in each state, and some more of an account of their own. */
async function oneOfEach(order: object) {
  const { kontor, act, sent } = stage
  const draft = (await kontor.call('POST', '/v1/quotes', { ...order, lines: LINES })).body
  const [open, accepted, declined, cancelled, revised, expired] = [
    await sent(order),
    await sent(order),
    await sent({ ...order, valid_until: '2026-11-23' }),
    await sent(order),
    await sent(order),
    await sent({ ...order, valid_until: '2026-11-22' }),
  ]
  await act(accepted.id, 'accept', { convert: 'none' })
  await act(declined.id, 'decline')
  await act(cancelled.id, 'cancel')
  const revision = await act(revised.id, 'revise', { currency: 'CHF', lines: LINES })
  await act(revision.body.id, 'issue')
  return {
    draft: [draft.id],
    sent: [open.id, revision.body.id],
    accepted: [accepted.id],
    declined: [declined.id],
    expired: [expired.id],
    cancelled: [cancelled.id],
    superseded: [revised.id],
  }
}

const ids = (shown: readonly Shown[]) => shown.map(({ id }) => id)

test.serial('each state has the quotes that say so of themselves, and no others', async (t) => {
  const { order, account } = await issuerAndAccount(stage.kontor)
  const made = await oneOfEach(order)
  for (const state of STATES) {
    t.deepEqual(ids(await list(`state=${state}&account_id=${account.id}`)), made[state].toSorted(), state)
    const shown = await list(`state=${state}`)
    t.true(shown.every((quote) => quote.state === state))
    t.deepEqual(ids(shown), ids((await list()).filter((quote) => quote.state === state)), state)
  }
  const other = await stage.kontor.call('POST', '/v1/accounts', {
    kind: 'person',
    name: 'B',
    billing_address: ISSUER.address,
  })
  t.deepEqual(await list(`state=sent&account_id=${other.body.id}`), [])
})

test.serial('page by page, whatever lies between two of a state', async (t) => {
  const { order, account } = await issuerAndAccount(stage.kontor)
  for (let n = 0; n < 4; n++) await oneOfEach(order)
  for (const state of STATES) {
    const all = ids(await list(`state=${state}&account_id=${account.id}`))
    t.is(all.length, state === 'sent' ? 8 : 4)
    t.deepEqual(ids(await list(`state=${state}&account_id=${account.id}&limit=1`)), all, state)
    t.deepEqual(ids(await list(`state=${state}&limit=3`)), ids(await list(`state=${state}`)), state)
  }
})

test.serial('a quote expires where its issuer is, in the list as everywhere', async (t) => {
  const { kontor, sent } = stage
  const zoned = async (time_zone: string) => {
    const issuer = await kontor.call('POST', '/v1/issuers', { ...ISSUER, time_zone })
    const { order } = await issuerAndAccount(kontor)
    return (await sent({ ...order, issuer_id: issuer.body.id, valid_until: '2026-11-23' })).id as string
  }
  const [east, here, west] = [
    await zoned('Pacific/Kiritimati'),
    await zoned('Europe/Zurich'),
    await zoned('Pacific/Pago_Pago'),
  ]
  // 10:00 UTC on the 23rd: on Kiritimati the 24th has begun.
  const expired = async () => {
    const shown = ids(await list('state=expired'))
    const open = ids(await list('state=sent'))
    return [east, here, west].map((id) => {
      t.is(shown.includes(id), !open.includes(id), 'it is in one of the two')
      return shown.includes(id)
    })
  }
  t.deepEqual(await expired(), [true, false, false])
  kontor.clock.advance(14 * 3_600_000)
  t.deepEqual(await expired(), [true, true, false])
  kontor.clock.advance(24 * 3_600_000)
  t.deepEqual(await expired(), [true, true, true])
})

test.serial('a name finds a quote only in the state that is asked for', async (t) => {
  const { order } = await issuerAndAccount(stage.kontor)
  const quote = await stage.sent({ ...order, external_id: 'named-1' })
  for (const name of ['external_id=named-1', `number=${quote.number}`]) {
    t.deepEqual(ids(await list(name)), [quote.id])
    t.deepEqual(ids(await list(`${name}&state=sent`)), [quote.id])
    t.deepEqual(await list(`${name}&state=accepted`), [])
  }
  t.deepEqual(await list('number=Q-1'), [])
  t.deepEqual(await list(`external_id=named-1&number=Q-1`), [])
})

test.serial('nothing of another mode or tenant is listed, nor a state that there is not', async (t) => {
  const live = await stage.kontor.apiKey('admin', { mode: 'live' })
  for (const state of STATES) t.deepEqual(await list(`state=${state}`, live), [], state)
  const unknown = await stage.kontor.call('GET', '/v1/quotes?state=converted')
  t.like(unknown, { status: 400, body: { code: 'malformed_request' } })
})

test.serial('every state is read by an index, in the order of the list', async (t) => {
  const after = (await list('state=accepted'))[0]?.id
  for (const [state, index] of [
    ['draft', 'document_draft'],
    ['accepted', 'quote_step_tenant'],
    ['superseded', 'quote_step_tenant'],
    ['sent', 'document_tenant'],
    ['expired', 'document_tenant'],
  ] as const) {
    const plans = await plansOf(stage.kontor, () => list(`state=${state}&after=${after}`))
    const [plan = ''] = plans.filter((each) => each.includes('Limit'))
    t.true(plan.includes(index), `${state}: ${plan}`)
    t.notRegex(plan, /Sort|Seq Scan/, state)
  }
})
