import { parseId, toBucket } from '@kontor/ids'
import test from 'ava'
import fc from 'fast-check'
import {
  type InvoicingUnderTest,
  invoicingUnderTest,
  issuerAndAccount,
  type Reply,
  type ServiceApp,
} from '../../../../test/support/invoicing.ts'
import { bucketOfName, findByName, type NameKind } from '../names/unique-name.ts'
import { booksOf } from '../testing/books.ts'

let kontor: InvoicingUnderTest
let processes: readonly ServiceApp[]
let { drafts, issueOn, auditOf, assertBooks } = {} as ReturnType<typeof booksOf>

test.before(async () => {
  kontor = await invoicingUnderTest()
  processes = [kontor.app, await kontor.twin()]
  ;({ drafts, issueOn, auditOf, assertBooks } = booksOf(kontor, await kontor.apiKey('admin')))
})
test.after.always(() => kontor.close())

/** Issues through both processes at once. */
const issueAll = (ids: readonly string[]): Promise<Reply[]> =>
  Promise.all(ids.map((id, index) => issueOn(processes[index % 2] as ServiceApp, id)))

test('many at once on one account get 1 to n without gap, in two processes', async (t) => {
  const { order, account } = await issuerAndAccount(kontor)
  const replies = await issueAll(await drafts(order, 60))
  t.deepEqual([...new Set(replies.map(({ status }) => status))], [200])
  const numbers = replies.map(({ body }) => body.number as string)
  t.deepEqual(
    numbers.toSorted(),
    Array.from({ length: 60 }, (_, index) => `${account.customer_number}-${index + 1}`).toSorted(),
  )
  await assertBooks(t, order, replies)
})

test('many at once on many accounts of one issuer do not get in each other’s way', async (t) => {
  const { issuer } = await issuerAndAccount(kontor)
  const orders = await Promise.all(
    Array.from({ length: 20 }, async () => ({ ...(await issuerAndAccount(kontor)).order, issuer_id: issuer.id })),
  )
  const ids = await Promise.all(orders.map((order) => drafts(order, 4)))
  const mixed = ids.flatMap((own, account) => own.map((id, n) => ({ id, account, n }))).toSorted((a, b) => a.n - b.n)
  const replies = await issueAll(mixed.map(({ id }) => id))
  t.deepEqual([...new Set(replies.map(({ status }) => status))], [200])
  for (const [index, order] of orders.entries()) {
    await assertBooks(
      t,
      order,
      replies.filter((_, at) => mixed[at]?.account === index),
    )
  }
})

test('the books are right after any mixture of issues, repetitions and refusals', async (t) => {
  const step = fc.record({
    draft: fc.nat(5),
    key: fc.constantFrom('once', 'again'),
    process: fc.nat(1),
  })
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 1, maxLength: 25 }), async (steps) => {
      const { order } = await issuerAndAccount(kontor)
      const ids = [
        ...(await drafts(order, 4)),
        ...(await drafts(order, 1, { issue_on: '2026-11-22' })),
        ...(await drafts(order, 1, { issue_on: '2026-11-24' })),
      ]
      const replies = await Promise.all(
        steps.map(({ draft, key, process }) =>
          issueOn(processes[process] as ServiceApp, ids[draft] as string, `${key}-${ids[draft]}`),
        ),
      )
      t.true(
        replies.every(({ status }) => [200, 409, 422].includes(status)),
        JSON.stringify(replies.map((r) => r.body)),
      )
      const first = new Map(replies.filter(({ status }) => status === 200).map((reply) => [reply.body.id, reply]))
      for (const reply of replies) {
        if (reply.status === 200) t.deepEqual(reply.body, first.get(reply.body.id)?.body, 'twins get the same')
      }
      await assertBooks(t, order, [...first.values()])
    }),
    { numRuns: 6 },
  )
})

test('different keys on one draft: one draws, the others are told that it is issued', async (t) => {
  const { order } = await issuerAndAccount(kontor)
  const [id = ''] = await drafts(order, 1)
  const replies = await issueAll(Array(12).fill(id))
  t.is(replies.filter(({ status }) => status === 200).length, 1)
  for (const reply of replies) {
    if (reply.status !== 200) t.like(reply, { status: 409, body: { code: 'invalid_transition', from: 'issued' } })
  }
  await assertBooks(t, order, replies)
})

test('an issue date may not go back, across batches and within one', async (t) => {
  const { order } = await issuerAndAccount(kontor)
  const [late = ''] = await drafts(order, 1, { issue_on: '2026-11-20' })
  const [early = '', same = ''] = [
    ...(await drafts(order, 1, { issue_on: '2026-11-19' })),
    ...(await drafts(order, 1, { issue_on: '2026-11-20' })),
  ]
  const first = await issueOn(kontor.app, late)
  t.is(first.status, 200)
  const refused = await issueOn(kontor.app, early)
  t.like(refused, { status: 409, body: { code: 'date_before_previous', earliest: '2026-11-20' } })
  const second = await issueOn(kontor.app, same)
  t.regex(second.body.number, /-2$/)

  // Whatever order they arrive in: who gets a number is never dated before who got a smaller one.
  const days = ['2026-11-21', '2026-11-23', '2026-11-22', '2026-11-21', '2026-11-23']
  const ids = await Promise.all(days.map(async (issue_on) => (await drafts(order, 1, { issue_on }))[0] as string))
  const replies = await Promise.all(ids.map((id) => issueOn(kontor.app, id)))
  t.true(replies.every(({ status }) => [200, 409].includes(status)))
  t.true(replies.some(({ status }) => status === 200))
  for (const reply of replies) if (reply.status === 409) t.is(reply.body.code, 'date_before_previous')
  await assertBooks(t, order, [first, second, ...replies])
})

test('a number is found under its name, in the bucket that JavaScript computes', async (t) => {
  const { order, issuer } = await issuerAndAccount(kontor)
  const quote = await kontor.call('POST', '/v1/quotes', order)
  const issued = await kontor.call('POST', `/v1/quotes/${quote.body.id}/issue`)
  const [invoice] = await issueAll(await drafts(order, 1))
  for (const [number, id] of [
    [issued.body.number, parseId('quo', issued.body.id)],
    [invoice?.body.number, parseId('inv', invoice?.body.id)],
  ]) {
    const value = `${parseId('iss', issuer.id)}/${number}`
    const name = { tenantId: kontor.tenantId, mode: 'test', kind: 'document_number', value } as const
    t.is(await findByName(kontor.database, name), id)
    t.is(await findByName(kontor.database, { ...name, mode: 'live' }), undefined)
  }
  const rows = await kontor.sql<{ bucket: number; mode: 'test'; kind: NameKind; value: string }>(
    'select bucket, mode, kind, value from unique_name',
  )
  t.true(rows.length > 10)
  for (const { bucket, ...name } of rows) t.is(bucketOfName({ tenantId: kontor.tenantId, ...name }), toBucket(bucket))
})

test('a number already taken under the issuer refuses that document alone, and draws nothing', async (t) => {
  const { order, issuer, account } = await issuerAndAccount(kontor)
  const name = {
    tenantId: kontor.tenantId,
    mode: 'test',
    kind: 'document_number',
    value: `${parseId('iss', issuer.id)}/${account.customer_number}-1`,
  } as const
  await kontor.database.knex('unique_name').insert({
    bucket: bucketOfName(name),
    tenant_id: name.tenantId,
    mode: name.mode,
    kind: name.kind,
    value: name.value,
    target_id: parseId('acc', account.id),
  })
  const other = await issuerAndAccount(kontor)
  const [taken = ''] = await drafts(order, 1)
  const [free = ''] = await drafts(other.order, 1)
  const [refused, fine] = await Promise.all([issueOn(kontor.app, taken), issueOn(kontor.app, free)])
  t.is(refused.status, 500, 'formats that cannot meet make this a defect')
  t.is(fine.status, 200)
  // Whoever put the name there without a number in the ledger is found out.
  t.like(await auditOf(account.id), { count: 0, complete: false, missing: [1] })
})
