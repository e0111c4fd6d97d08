import test from 'ava'
import {
  ACCOUNT,
  type InvoicingUnderTest,
  ISSUER,
  invoicingUnderTest,
  issuerAndAccount,
} from '../../../test/support/invoicing.ts'

let kontor: InvoicingUnderTest
const made: Record<string, string[]> = {}
let order: Awaited<ReturnType<typeof issuerAndAccount>>['order']

const COUNT = 7

test.before(async () => {
  kontor = await invoicingUnderTest()
  const { call } = kontor
  const parties = await issuerAndAccount(kontor)
  order = parties.order
  made.issuers = [parties.issuer.id]
  made.accounts = [parties.account.id]
  for (const list of ['quotes', 'invoices', 'series']) made[list] = []
  for (let n = 0; n < COUNT; n++) {
    const issuer = await call('POST', '/v1/issuers', { ...ISSUER, external_id: `issuer-${n}` })
    const account = await call('POST', '/v1/accounts', { ...ACCOUNT, external_id: `account-${n}` })
    // One account with all of them, and one document for each of the others.
    for (const account_id of [order.account_id, account.body.id]) {
      const external = account_id === order.account_id ? `mine-${n}` : `other-${n}`
      const quote = await call('POST', '/v1/quotes', { ...order, account_id, external_id: external })
      const invoice = await call('POST', '/v1/invoices', { ...order, account_id, external_id: external })
      made.quotes?.push(quote.body.id)
      made.invoices?.push(invoice.body.id)
      if (n > 0 && account_id === order.account_id) continue
      // The first number of an account makes its series.
      await call('POST', `/v1/quotes/${quote.body.id}/issue`)
      await call('POST', `/v1/invoices/${invoice.body.id}/issue`)
    }
    made.issuers.push(issuer.body.id)
    made.accounts.push(account.body.id)
  }
})
test.after.always(() => kontor.close())

/** Walks a list from page to page. */
async function walk(url: string, limit: number): Promise<string[][]> {
  const pages: string[][] = []
  for (let after = ''; ; ) {
    const reply = await kontor.call('GET', `${url}${url.includes('?') ? '&' : '?'}limit=${limit}${after}`)
    if (reply.status !== 200) throw new Error(reply.bytes.toString())
    const ids = reply.body.data.map(({ id }: { id: string }) => id)
    pages.push(ids)
    if (!reply.body.has_more) return pages
    after = `&after=${ids.at(-1)}`
  }
}

for (const list of ['issuers', 'accounts', 'quotes', 'invoices']) {
  test.serial(`${list} are listed page by page, each once, by id`, async (t) => {
    const all = (made[list] ?? []).toSorted()
    for (const limit of [1, 3, all.length, 200]) {
      const pages = await walk(`/v1/${list}`, limit)
      t.deepEqual(pages.flat(), all)
      t.true(pages.every((page, index) => page.length === limit || index === pages.length - 1))
      t.true(
        pages.every((page) => page.length > 0),
        'no page is empty',
      )
    }
    const reply = await kontor.call('GET', `/v1/${list}?after=${all.at(-1)}`)
    t.deepEqual(reply.body, { data: [], has_more: false })
  })
}

test('what is listed is what is shown', async (t) => {
  for (const list of ['issuers', 'accounts', 'quotes', 'invoices']) {
    const { body } = await kontor.call('GET', `/v1/${list}`)
    for (const item of body.data.slice(0, 3)) {
      t.deepEqual((await kontor.call('GET', `/v1/${list}/${item.id}`)).body, item)
    }
  }
})

test('the documents and series of one account alone', async (t) => {
  for (const list of ['quotes', 'invoices']) {
    const pages = await walk(`/v1/${list}?account_id=${order.account_id}`, 3)
    t.is(pages.flat().length, COUNT)
    t.deepEqual(pages.flat(), (made[list] ?? []).filter((_, index) => index % 2 === 0).toSorted())
  }
  const all = await walk('/v1/series', 5)
  t.is(new Set(all.flat()).size, 2 * (COUNT + 1))
  const { body } = await kontor.call('GET', `/v1/series?account_id=${order.account_id}`)
  t.deepEqual(
    body.data.map(({ document_type, scope, period, next_seq, last_issued_on }: Record<string, unknown>) => ({
      document_type,
      scope,
      period,
      next_seq,
      last_issued_on,
    })),
    body.data.map(({ document_type }: { document_type: string }) => ({
      document_type,
      scope: 'account',
      period: '',
      next_seq: 2,
      last_issued_on: '2026-11-23',
    })),
  )
  const formats = body.data.map(({ format }: { format: string }) => format.replace(/\d{9}/, '{customer}'))
  t.deepEqual(formats.toSorted(), ['Q-{customer}-{seq}', '{customer}-{seq}'])
})

test('an external id finds the one that has it, within its kind', async (t) => {
  for (const [list, external, index] of [
    ['issuers', 'issuer-3', 4],
    ['accounts', 'account-3', 4],
    ['quotes', 'mine-3', 6],
    ['invoices', 'other-3', 7],
  ] as const) {
    const { body } = await kontor.call('GET', `/v1/${list}?external_id=${external}`)
    t.is(body.has_more, false)
    t.deepEqual(
      body.data.map(({ id }: { id: string }) => id),
      [made[list]?.[index]],
    )
    t.is(body.data[0].external_id, external)
  }
  const nothing = await kontor.call('GET', '/v1/invoices?external_id=account-3')
  t.deepEqual(nothing.body, { data: [], has_more: false })
})

test('an external id asked for together with an account is shown only if it is the account’s', async (t) => {
  for (const list of ['quotes', 'invoices']) {
    const both = (external: string) =>
      kontor.call('GET', `/v1/${list}?external_id=${external}&account_id=${order.account_id}`)
    t.is((await both('mine-1')).body.data.length, 1)
    t.deepEqual((await both('other-1')).body.data, [])
  }
})

test('of two at once who want one external id one gets it', async (t) => {
  const bodies = { issuers: ISSUER, accounts: ACCOUNT, quotes: order, invoices: order }
  for (const [list, body] of Object.entries(bodies)) {
    const wanted = { ...body, external_id: 'wanted-by-many' }
    const replies = await Promise.all(Array.from({ length: 6 }, () => kontor.call('POST', `/v1/${list}`, wanted)))
    const [first, ...others] = replies.toSorted((a, b) => a.status - b.status)
    t.is(first?.status, 201)
    for (const other of others) t.like(other, { status: 409, body: { code: 'external_id_in_use' } })
    const found = await kontor.call('GET', `/v1/${list}?external_id=wanted-by-many`)
    t.deepEqual(
      found.body.data.map(({ id }: { id: string }) => id),
      [first?.body.id],
    )
  }
})
