import { bucketOf, parseId } from '@kontor/ids'
import test from 'ava'
import {
  type InvoicingUnderTest,
  invoicingUnderTest,
  issuerAndAccount,
  LINE,
} from '../../../../test/support/invoicing.ts'
import { readPdf } from '../../../../test/support/pdf.ts'

let kontor: InvoicingUnderTest
test.before(async () => {
  kontor = await invoicingUnderTest()
})
test.after.always(() => kontor.close())

/** Enough lines for several pages. */
const LINES = Array.from({ length: 60 }, (_, n) => ({ ...LINE, name: `Beratung ${n + 1}` }))

async function issued(kind: 'quotes' | 'invoices', changes: object = {}) {
  const { order, issuer, account } = await issuerAndAccount(kontor)
  const draft = await kontor.call('POST', `/v1/${kind}`, { ...order, lines: LINES, notes: ['Vielen Dank'], ...changes })
  const { body } = await kontor.call('POST', `/v1/${kind}/${draft.body.id}/issue`)
  return { issuer, account, number: body.number as string, url: `/v1/${kind}/${draft.body.id}` }
}

const files = () => kontor.sql<{ count: bigint }>('select count(*) from document_file')

test.serial('in another language a document is a copy, which says so on every page and is not kept', async (t) => {
  for (const [kind, language, other, says] of [
    ['invoices', 'de', 'en', (n: string) => `Copy in English of invoice ${n}; the German document is the original.`],
    [
      'invoices',
      'en',
      'de',
      (n: string) => `Abschrift auf Deutsch: Rechnung ${n}; das Original ist das englische Dokument.`,
    ],
    ['quotes', 'de', 'en', (n: string) => `Copy in English of quote ${n}; the German document is the original.`],
    [
      'quotes',
      'en',
      'de',
      (n: string) => `Abschrift auf Deutsch: Offerte ${n}; das Original ist das englische Dokument.`,
    ],
  ] as const) {
    const { url, number } = await issued(kind, { language })
    const before = await files()
    const copy = await kontor.call('GET', `${url}.pdf?language=${other}`)
    t.is(copy.status, 200, copy.bytes.toString().slice(0, 300))
    t.is(copy.headers['content-language'], other)
    t.deepEqual(await files(), before, 'a copy is never kept')
    const { title, pages } = await readPdf(copy.bytes)
    t.is(title, says(number))
    t.true(pages.length > 1)
    for (const page of pages) t.true(page.includes(says(number)), page.slice(0, 200))
    t.true(pages.join(' ').includes('Vielen Dank'), 'free texts stay as they were written')

    const original = await kontor.call('GET', `${url}.pdf`)
    t.is(original.headers['content-language'], language)
    t.deepEqual((await kontor.call('GET', `${url}.pdf?language=${language}`)).bytes, original.bytes)
    const printed = await readPdf(original.bytes)
    t.false(printed.pages.join(' ').includes(says(number)))
    t.deepEqual((await kontor.call('GET', `${url}.pdf?language=${other}`)).bytes, copy.bytes)
  }
})

test.serial('whoever account and issuer are today, neither the document nor its copy changes', async (t) => {
  const { url, account, issuer } = await issued('invoices', { language: 'de' })
  const [original, copy] = [await kontor.call('GET', `${url}.pdf`), await kontor.call('GET', `${url}.pdf?language=en`)]
  const changed = {
    kind: 'person',
    name: 'Ganz Anders',
    language: 'en',
    billing_address: { city: 'Lyon', country: 'FR' },
  }
  t.is(
    (await kontor.call('PATCH', `/v1/accounts/${account.id}`, changed, { headers: { 'if-match': '"1"' } })).status,
    200,
  )
  const uuid = parseId('iss', issuer.id)
  await kontor.sql(
    `update issuer set name = 'Umbenannt AG', address = '{"country":"FR"}', payee_accounts = '[]', language = 'en'
      where bucket = $1 and id = $2`,
    [bucketOf(uuid), uuid],
  )
  t.deepEqual((await kontor.call('GET', `${url}.pdf`)).bytes, original.bytes)
  t.deepEqual((await kontor.call('GET', `${url}.pdf?language=de`)).bytes, original.bytes)
  t.deepEqual((await kontor.call('GET', `${url}.pdf?language=en`)).bytes, copy.bytes)
  const { pages } = await readPdf(copy.bytes)
  t.true(pages.join(' ').includes('Muster AG') && !pages.join(' ').includes('Umbenannt'))
})

test.serial(
  'a credit note has copies too; a language that there is none of is refused, and a draft has none',
  async (t) => {
    const { url } = await issued('invoices', { language: 'de' })
    const draft = await kontor.call('POST', `${url}/credit-notes`, { reason: 'Retour' })
    t.is(draft.status, 201, draft.bytes.toString())
    const note = `/v1/credit-notes/${draft.body.id}`
    t.like(await kontor.call('GET', `${note}.pdf?language=en`), { status: 409, body: { code: 'not_issued' } })
    await kontor.call('POST', `${note}/issue`)
    const { title } = await readPdf((await kontor.call('GET', `${note}.pdf?language=en`)).bytes)
    t.regex(title, /^Copy in English of credit note .+; the German document is the original\.$/)
    t.like(await kontor.call('GET', `${url}.pdf?language=fr`), { status: 400, body: { code: 'malformed_request' } })
  },
)
