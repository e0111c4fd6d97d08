import { parseId } from '@kontor/ids'
import test from 'ava'
import { printedOn } from '../testing/printed.ts'
import { LINES, type QuoteStage, quoteStage } from '../testing/quote-stage.ts'

let stage: QuoteStage
test.before(async () => {
  stage = await quoteStage()
})
test.after.always(() => stage.kontor.close())

const OFFER = { currency: 'CHF', lines: LINES.slice(0, 1), valid_until: '2026-12-24' }

async function revised(quote: { id: string }, changes: object = {}) {
  const { status, body, bytes } = await stage.act(quote.id, 'revise', { ...OFFER, ...changes })
  if (status !== 201) throw new Error(bytes.toString())
  return body
}

test('a revision takes the place of a quote in the moment in which it is sent', async (t) => {
  const quote = await stage.sent()
  const draft = await revised(quote)
  t.like(draft, {
    state: 'draft',
    revision: 2,
    revises_id: quote.id,
    account_id: quote.account_id,
    issuer_id: quote.issuer_id,
    valid_until: '2026-12-24',
  })
  t.is(draft.lines.length, 1)
  t.is((await stage.get(quote.id)).state, 'sent', 'a draft replaces nothing')
  const issued = await stage.act(draft.id, 'issue')
  t.like(issued.body, { state: 'sent', revision: 2, revises_id: quote.id })
  t.deepEqual(await stage.get(draft.id), issued.body)
  const old = await stage.get(quote.id)
  t.deepEqual(old, { ...quote, state: 'superseded', superseded_by: draft.id, ended_at: '2026-11-23T10:00:00.000Z' })
  const events = await stage.kontor.sql(
    `select type, extract(epoch from at)::int as at, actor_key_id, substr(id::text, 15, 1) as version from event
      where object_id = any($1) and type in ('quote.issued', 'quote.superseded') order by type, object_id`,
    [[parseId('quo', quote.id), parseId('quo', draft.id)]],
  )
  t.deepEqual(
    events.map(({ type, version }) => [type, version]),
    [
      ['quote.issued', '7'],
      ['quote.issued', '7'],
      ['quote.superseded', '7'],
    ],
  )
  t.is(new Set(events.map(({ actor_key_id }) => actor_key_id)).size, 1)
  t.is((await revised(issued.body)).revision, 3)
})

test.serial('who acts on a superseded quote is sent to its revision', async (t) => {
  const quote = await stage.sent()
  const draft = await revised(quote)
  await stage.act(draft.id, 'issue')
  for (const action of ['accept', 'decline', 'cancel', 'convert', 'revise']) {
    const before = await stage.kontor.state()
    const reply = await stage.act(quote.id, action, action === 'revise' ? OFFER : {})
    t.like(reply, { status: 409, body: { code: 'quote_superseded', superseded_by: draft.id } }, action)
    t.deepEqual(await stage.kontor.state(), before)
  }
})

test.serial('a quote has one revision at a time', async (t) => {
  const quote = await stage.sent()
  const first = await revised(quote)
  const before = await stage.kontor.state()
  t.like(await stage.act(quote.id, 'revise', OFFER), {
    status: 409,
    body: { code: 'revision_exists', revision_id: first.id },
  })
  t.deepEqual(await stage.kontor.state(), before)
  t.is((await stage.kontor.call('DELETE', `/v1/quotes/${first.id}`)).status, 204)
  t.like(await revised(quote), { revision: 2 }, 'a draft that is dropped makes way for another')
})

test('a quote that was declined stays declined, and its revision is a new offer', async (t) => {
  const quote = await stage.sent()
  await stage.act(quote.id, 'decline', { reason: 'zu teuer' })
  const draft = await revised(quote)
  t.like((await stage.act(draft.id, 'issue')).body, { state: 'sent', revision: 2 })
  t.like(await stage.get(quote.id), { state: 'declined', reason: 'zu teuer', superseded_by: null })
})

test.serial('a revision of a quote that was accepted meanwhile is not issued, and draws no number', async (t) => {
  const quote = await stage.sent()
  const draft = await revised(quote)
  await stage.act(quote.id, 'accept', { convert: 'none' })
  const before = await stage.kontor.state()
  t.like(await stage.act(draft.id, 'issue'), {
    status: 409,
    body: { code: 'revised_quote_accepted', revises_id: quote.id },
  })
  t.deepEqual(await stage.kontor.state(), before)
})

test('who accepts while the revision is issued: one of them does, and no number is lost', async (t) => {
  const outcomes = await Promise.all(
    Array.from({ length: 12 }, async (_, n) => {
      const quote = await stage.sent()
      const draft = await revised(quote)
      const [accepted, issued] = await Promise.all([
        (n % 2 ? stage.act : stage.actBeside)(quote.id, 'accept', { convert: 'none' }),
        (n % 2 ? stage.actBeside : stage.act)(draft.id, 'issue'),
      ])
      t.deepEqual([accepted.status, issued.status].sort(), [200, 409])
      const { state } = await stage.get(quote.id)
      t.is(state, accepted.status === 200 ? 'accepted' : 'superseded')
      t.like(
        accepted.status === 409 ? accepted.body : issued.body,
        accepted.status === 409
          ? { code: 'quote_superseded', superseded_by: draft.id }
          : { code: 'revised_quote_accepted', revises_id: quote.id },
      )
      const list = await stage.kontor.call('GET', `/v1/series?account_id=${quote.account_id}`)
      const audit = await stage.kontor.call('GET', `/v1/series/${list.body.data[0].id}/audit`)
      t.like(audit.body, { complete: true, count: state === 'accepted' ? 1 : 2 })
      return state
    }),
  )
  t.is(outcomes.length, 12)
})

test('a revision says on paper which quote it replaces', async (t) => {
  for (const [language, words] of [
    ['de', 'Ersetzt Offerte'],
    ['en', 'Replaces quote'],
  ] as const) {
    const quote = await stage.sent({ language })
    const draft = await revised(quote, { language })
    await stage.act(draft.id, 'issue')
    const texts = await printedOn(stage.kontor, draft.id, 'quo')
    t.is(texts[texts.indexOf(words) + 1], quote.number)
    t.is((await stage.kontor.call('GET', `/v1/quotes/${draft.id}.pdf`)).status, 200)
  }
})
