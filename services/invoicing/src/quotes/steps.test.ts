import { parseId } from '@kontor/ids'
import test from 'ava'
import { issuerAndAccount } from '../../../../test/support/invoicing.ts'
import { LINES, type QuoteStage, quoteStage, sha256 } from '../testing/quote-stage.ts'

let stage: QuoteStage
test.before(async () => {
  stage = await quoteStage()
})
test.after.always(() => stage.kontor.close())
test.afterEach.always(() => stage.kontor.clock.set('2026-11-23T10:00:00.000Z'))

const WHO = {
  accepted_by: { name: 'Erika Beispiel', role: 'Geschäftsführerin' },
  from_address: '2001:DB8::00ff',
  note: 'Am Telefon besprochen,\nbitte bald.',
}

test('an issued quote is sent', async (t) => {
  const quote = await stage.sent()
  t.like(quote, { state: 'sent', revision: 1, revises_id: null, superseded_by: null, acceptance: null })
  t.is((await stage.get(quote.id)).state, 'sent')
})

test('an acceptance keeps who, when and from where, and is bound to what was read', async (t) => {
  const quote = await stage.sent({ valid_until: '2026-11-30' })
  const terms = await stage.kontor.call('GET', `/v1/quotes/${quote.id}/terms`)
  t.is(terms.headers['content-type'], 'text/plain; charset=utf-8')
  const { status, body } = await stage.act(quote.id, 'accept', { ...WHO, convert: 'none' })
  t.is(status, 200)
  t.deepEqual(body.acceptance, {
    accepted_at: '2026-11-23T10:00:00.000Z',
    ...WHO,
    from_address: '2001:db8::ff',
    terms_hash: sha256(terms.bytes),
  })
  t.like(body, { state: 'accepted', invoice_id: null, invoice_ids: [], ended_at: null })
  t.deepEqual(
    body.conversion,
    {
      status: 'none',
      lines: LINES.map(({ quantity }, index) => ({
        line: index + 1,
        quoted: quantity,
        converted: '0',
        remaining: quantity,
      })),
    },
    'nothing is invoiced yet',
  )
  t.deepEqual(await stage.get(quote.id), body)
  t.true(terms.bytes.toString().endsWith(`}\n${quote.number}`))
  t.is(JSON.parse(terms.bytes.toString().split('\n')[0] ?? '').content.valid_until, '2026-11-30')
})

test('a quote is declined or cancelled once, with a reason or without', async (t) => {
  for (const [action, state] of [
    ['decline', 'declined'],
    ['cancel', 'cancelled'],
  ] as const) {
    const [with_, without] = [await stage.sent(), await stage.sent()]
    const reply = await stage.act(with_.id, action, { reason: 'zu teuer' }, `first-${action}`)
    t.like(reply, { status: 200, body: { state, reason: 'zu teuer', ended_at: '2026-11-23T10:00:00.000Z' } })
    t.deepEqual(await stage.get(with_.id), reply.body)
    t.deepEqual((await stage.act(with_.id, action, { reason: 'zu teuer' }, `first-${action}`)).body, reply.body)
    t.like((await stage.act(without.id, action)).body, { state, reason: null })
    const events = await stage.kontor.sql('select type from event where object_id = $1 order by tx', [
      parseId('quo', with_.id),
    ])
    t.deepEqual(
      events.map(({ type }) => type),
      ['quote.created', 'quote.issued', `quote.${state}`],
    )
  }
})

const ACTIONS = ['issue', 'accept', 'decline', 'cancel', 'convert', 'revise'] as const
const GOALS = {
  issue: 'sent',
  accept: 'accepted',
  decline: 'declined',
  cancel: 'cancelled',
  convert: 'converted',
  revise: 'superseded',
}

test.serial('what a state does not allow is refused, says what it allows, and changes nothing', async (t) => {
  const { kontor } = stage
  const { order } = await issuerAndAccount(kontor)
  const revision = { currency: order.currency, lines: LINES }
  const draft = (await kontor.call('POST', '/v1/quotes', { ...order, lines: LINES })).body
  const quotes: Record<string, { id: string }> = { draft, sent: await stage.sent() }
  for (const [state, action] of [
    ['accepted', 'accept'],
    ['declined', 'decline'],
    ['cancelled', 'cancel'],
  ] as const) {
    const quote = await stage.sent()
    quotes[state] = quote
    await stage.act(quote.id, action)
  }
  const allowed: Record<string, { may: readonly string[]; says: readonly string[] }> = {
    draft: { may: ['issue'], says: ['sent'] },
    sent: {
      may: ['accept', 'decline', 'cancel', 'revise'],
      says: ['accepted', 'declined', 'cancelled', 'superseded'],
    },
    accepted: { may: ['convert'], says: ['converted'] },
    declined: { may: ['revise'], says: ['superseded'] },
    cancelled: { may: [], says: [] },
  }
  for (const [state, { may, says }] of Object.entries(allowed)) {
    for (const action of ACTIONS.filter((each) => !may.includes(each))) {
      const before = await kontor.state()
      const reply = await stage.act(quotes[state]?.id ?? '', action, action === 'revise' ? revision : {})
      t.like(reply, { status: 409, body: { code: 'invalid_transition', from: state, to: GOALS[action] } }, action)
      t.deepEqual(reply.body.allowed, says, `${state} ${action}`)
      t.deepEqual(await kontor.state(), before)
    }
  }
})

test.serial('after its last day a quote has expired, and only a revision helps', async (t) => {
  const { kontor } = stage
  const [quote, inTime] = [
    await stage.sent({ valid_until: '2026-11-23' }),
    await stage.sent({ valid_until: '2026-11-23' }),
  ]
  await stage.act(inTime.id, 'accept', { convert: 'none' })
  kontor.clock.set('2026-11-23T23:00:00Z')
  t.is((await stage.get(quote.id)).state, 'expired')
  t.is((await stage.get(inTime.id)).state, 'accepted', 'what was accepted in time does not expire')
  t.is((await stage.act(inTime.id, 'convert')).status, 201)
  for (const action of ['accept', 'decline', 'cancel', 'convert']) {
    const before = await kontor.state()
    t.like(
      await stage.act(quote.id, action),
      { status: 409, body: { code: 'quote_expired', valid_until: '2026-11-23' } },
      action,
    )
    t.deepEqual(await kontor.state(), before)
  }
  t.like(await stage.act(quote.id, 'issue'), { status: 409, body: { code: 'invalid_transition', from: 'expired' } })
  t.is((await stage.act(quote.id, 'revise', { currency: 'CHF', lines: LINES })).status, 201)
})

test.serial('an acceptance that says what it cannot mean is refused', async (t) => {
  const quote = await stage.sent()
  const refused = async (body: object, status: number, code: string, path: string) => {
    const before = await stage.kontor.state()
    t.like(await stage.act(quote.id, 'accept', body), { status, body: { code, errors: [{ path }] } }, code)
    t.deepEqual(await stage.kontor.state(), before)
  }
  for (const from_address of ['256.1.1.1', '1.2.3', ':::', '2001:db8::1::2', 'ff']) {
    await refused({ from_address }, 422, 'invalid_address', '/from_address')
  }
  await refused({ from_address: '::1%eth0' }, 400, 'malformed_request', '/from_address')
  await refused({ convert: 'none', due_on: '2026-12-31' }, 422, 'conversion_not_asked', '/due_on')
  await refused({ convert: 'half' }, 400, 'malformed_request', '/convert')
  await refused({ accepted_by: { role: 'x' } }, 400, 'malformed_request', '/accepted_by/name')
  await refused({ accepted_by: { name: '4242 4242 4242 4242' } }, 422, 'sensitive_text', '/accepted_by/name')
  await refused({ note: '4242 4242 4242 4242' }, 422, 'sensitive_text', '/note')
  const reason = await stage.act(quote.id, 'decline', { reason: '4242 4242 4242 4242' })
  t.like(reason, { status: 422, body: { code: 'sensitive_text', errors: [{ path: '/reason' }] } })
  t.is((await stage.act(quote.id, 'accept', { from_address: '192.0.2.7' })).status, 201)
  t.like((await stage.get(quote.id)).acceptance, { from_address: '192.0.2.7', accepted_by: null })
})

test('who accepts and who cancels at the same time: one of them does', async (t) => {
  const quotes = await Promise.all(Array.from({ length: 12 }, () => stage.sent()))
  await Promise.all(
    quotes.map(async ({ id }, n) => {
      const replies = await Promise.all([
        (n % 2 ? stage.act : stage.actBeside)(id, 'accept', { convert: 'none' }),
        (n % 2 ? stage.actBeside : stage.act)(id, 'cancel'),
        stage.actBeside(id, 'decline'),
      ])
      const done = replies.filter(({ status }) => status === 200)
      t.is(done.length, 1)
      const { state } = await stage.get(id)
      t.is(done[0]?.body.state, state)
      for (const { status, body } of replies.filter(({ status }) => status !== 200)) {
        t.like({ status, ...body }, { status: 409, code: 'invalid_transition', from: state })
      }
    }),
  )
})
