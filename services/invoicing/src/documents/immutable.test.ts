import { createHash } from 'node:crypto'
import { crc32, deflateSync } from 'node:zlib'
import { bucketOf, parseId } from '@kontor/ids'
import { renderPdf } from '@kontor/invoice-pdf'
import test, { type ExecutionContext } from 'ava'
import {
  callApp,
  type InvoicingUnderTest,
  invoicingUnderTest,
  issuerAndAccount,
  type Reply,
} from '../../../../test/support/invoicing.ts'
import { toPdfDocument } from './to-pdf.ts'

let kontor: InvoicingUnderTest
test.before(async () => {
  kontor = await invoicingUnderTest()
})
test.after.always(() => kontor.close())

async function issuedInvoice(withLogo?: Buffer) {
  const { order, issuer, account } = await issuerAndAccount(kontor)
  if (withLogo) mustBeSet(await putLogo(issuer.id, withLogo))
  const draft = await kontor.call('POST', '/v1/invoices', order)
  const issued = await kontor.call('POST', `/v1/invoices/${draft.body.id}/issue`)
  return { order, issuer, account, id: draft.body.id as string, issued: issued.body }
}

const putLogo = (issuerId: string, image: Buffer, type = 'image/png') =>
  kontor.call('PUT', `/v1/issuers/${issuerId}/logo`, image, { headers: { 'content-type': type } })

function mustBeSet(reply: Reply) {
  if (reply.status !== 204) throw new Error(reply.bytes.toString())
}

/** A picture of one grey. */
function png(grey: number): Buffer {
  const chunk = (type: string, body: Buffer) => {
    const named = Buffer.concat([Buffer.from(type, 'latin1'), body])
    const ends = Buffer.alloc(8)
    ends.writeUInt32BE(body.length, 0)
    ends.writeUInt32BE(crc32(named), 4)
    return Buffer.concat([ends.subarray(0, 4), named, ends.subarray(4)])
  }
  const head = Buffer.alloc(13)
  head.writeUInt32BE(2, 0)
  head.writeUInt32BE(2, 4)
  head.writeUInt8(8, 8)
  return Buffer.concat([
    Buffer.from('89504e470d0a1a0a', 'hex'),
    chunk('IHDR', head),
    chunk('IDAT', deflateSync(Buffer.from([0, grey, grey, 0, grey, grey]))),
    chunk('IEND', Buffer.alloc(0)),
  ])
}

const pdfOf = (id: string) => kontor.call('GET', `/v1/invoices/${id}.pdf`)

const NEW_ACCOUNT = {
  kind: 'person',
  name: 'Ganz Anders',
  language: 'en',
  billing_address: { street: 'Elsewhere 1', city: 'Lyon', country: 'FR' },
  vat_id: 'FR00',
}

async function changeEverything({ account, issuer }: { account: { id: string }; issuer: { id: string } }) {
  const headers = { 'if-match': '"1"' }
  const patched = await kontor.call('PATCH', `/v1/accounts/${account.id}`, NEW_ACCOUNT, { headers })
  if (patched.status !== 200) throw new Error(patched.bytes.toString())
  await kontor.sql(
    `update issuer set name = 'Umbenannt AG', address = '{"country":"FR"}', payee_accounts = '[]', time_zone = 'UTC',
       language = 'en' where bucket = $1 and id = $2`,
    [bucketOf(parseId('iss', issuer.id)), parseId('iss', issuer.id)],
  )
}

const csvLine = async (number: string) => {
  const csv = await kontor.call('GET', '/v1/exports/invoices.csv')
  return csv.body.split('\r\n').find((line: string) => line.startsWith(`${number},`))
}

test('an issued invoice says what it said, whoever account and issuer are today', async (t) => {
  const seen = await issuedInvoice()
  const unseen = await issuedInvoice()
  const before = await pdfOf(seen.id)
  const line = await csvLine(seen.issued.number)
  t.truthy(line)
  const wouldBe = await printedAs(unseen.id)
  for (const each of [seen, unseen]) await changeEverything(each)
  t.deepEqual((await kontor.call('GET', `/v1/invoices/${seen.id}`)).body, seen.issued)
  t.deepEqual((await pdfOf(seen.id)).bytes, before.bytes)
  t.deepEqual((await pdfOf(unseen.id)).bytes, wouldBe, 'also where nobody had looked at it before')
  t.is(await csvLine(seen.issued.number), line)
})

/** The bytes that an invoice would have with a logo, without keeping them. */
async function printedAs(id: string, logo?: Buffer): Promise<Buffer> {
  const uuid = parseId('inv', id)
  const [row] = await kontor.sql<{ snapshot: string; number: string }>(
    'select snapshot, number from document where bucket = $1 and id = $2',
    [bucketOf(uuid), uuid],
  )
  if (!row) throw new Error('no such invoice')
  return renderPdf(toPdfDocument(JSON.parse(row.snapshot), row.number, logo), kontor.deps.fonts)
}

test('the next invoice is written to the account as it is then', async (t) => {
  const { order, account, issuer } = await issuedInvoice()
  await changeEverything({ account, issuer })
  const lines = [{ name: 'Conseil', quantity: '1', unit: 'HUR', price: '50', vat_category: 'S', vat_rate: '20' }]
  const draft = await kontor.call('POST', '/v1/invoices', { ...order, lines })
  const { body } = await kontor.call('POST', `/v1/invoices/${draft.body.id}/issue`)
  t.regex((await csvLine(body.number)) ?? '', /Umbenannt AG,\d{9},Ganz Anders/)
})

test('a document is printed with the logo that the issuer had, though it has another one by now', async (t) => {
  const [white, black] = [png(255), png(0)]
  const first = await issuedInvoice(white)
  mustBeSet(await putLogo(first.issuer.id, black))
  const draft = await kontor.call('POST', '/v1/invoices', first.order)
  await kontor.call('POST', `/v1/invoices/${draft.body.id}/issue`)
  const [old, recent] = [await pdfOf(first.id), await pdfOf(draft.body.id)]
  t.is(old.status, 200)
  t.is(recent.status, 200)
  t.deepEqual(old.bytes, await printedAs(first.id, white))
  t.deepEqual(recent.bytes, await printedAs(draft.body.id, black))
  t.notDeepEqual(old.bytes, await printedAs(first.id, black))
  const logoOf = async (id: string) => {
    const uuid = parseId('inv', id)
    const [row] = await kontor.sql<{ logo: string }>(
      "select snapshot::json -> 'issuer' ->> 'logo_sha256' as logo from document where bucket = $1 and id = $2",
      [bucketOf(uuid), uuid],
    )
    return row?.logo
  }
  t.is(await logoOf(first.id), createHash('sha256').update(white).digest('hex'))
  t.is(await logoOf(draft.body.id), createHash('sha256').update(black).digest('hex'))
  const { body } = await kontor.call('GET', `/v1/issuers/${first.issuer.id}`)
  t.like(body, { has_logo: true, version: 3 })
  mustBeSet(await putLogo(first.issuer.id, white))
})

test('a draft has no PDF; a document has the same bytes for ever, in every process', async (t) => {
  const { order } = await issuerAndAccount(kontor)
  const admin = await kontor.apiKey('admin')
  const apps = [kontor.app, await kontor.twin()]
  for (const kind of ['quotes', 'invoices']) {
    const draft = await kontor.call('POST', `/v1/${kind}`, order)
    const url = `/v1/${kind}/${draft.body.id}.pdf`
    t.like(await kontor.call('GET', url), { status: 409, body: { code: 'not_issued' } })
    await kontor.call('POST', `/v1/${kind}/${draft.body.id}/issue`)
    const raced = await Promise.all(
      Array.from({ length: 8 }, (_, n) => callApp(apps[n % 2] as typeof kontor.app, admin, 'GET', url)),
    )
    const [first] = raced as [Reply]
    t.is(first.status, 200)
    t.is(first.headers['content-type'], 'application/pdf')
    t.is(first.bytes.subarray(0, 5).toString(), '%PDF-')
    for (const reply of raced) t.deepEqual(reply.bytes, first.bytes)
    t.deepEqual((await kontor.call('GET', url)).bytes, first.bytes)
    const [file] = await kontor.sql<{ count: string; sha256: Buffer; template_version: string }>(
      `select count(*) over ()::text as count, sha256, template_version from document_file
        where document_id = $1`,
      [parseId(kind === 'quotes' ? 'quo' : 'inv', draft.body.id)],
    )
    t.like(file, { count: '1', sha256: createHash('sha256').update(first.bytes).digest() })
  }
})

test('what was kept first is the document, whatever a later template would print', async (t) => {
  const { id } = await issuedInvoice()
  const uuid = parseId('inv', id)
  const bytes = Buffer.from('%PDF-1.7 of an earlier template')
  await kontor.database.knex('document_file').insert({
    bucket: bucketOf(uuid),
    document_id: uuid,
    kind: 'pdf',
    tenant_id: kontor.tenantId,
    sha256: createHash('sha256').update(bytes).digest(),
    template_version: '0',
    bytes,
  })
  t.deepEqual((await pdfOf(id)).bytes, bytes)
})

/** What the database refuses, in the words of its SQLSTATE. */
async function refusedBy(t: ExecutionContext, who: string, run: () => Promise<unknown>, code: string, what: string) {
  const error = await t.throwsAsync(run, undefined, `${who}: ${what}`)
  t.is((error as { code?: string } | undefined)?.code, code, `${who}: ${what}`)
}

test.serial(
  'neither the service nor the owner of the database can change what was issued, drawn, accepted, kept or paid',
  async (t) => {
    const { order, id } = await issuedInvoice()
    await pdfOf(id)
    const quote = await kontor.call('POST', '/v1/quotes', order)
    await kontor.call('POST', `/v1/quotes/${quote.body.id}/issue`)
    const converted = await kontor.call('POST', `/v1/quotes/${quote.body.id}/accept`, {})
    await kontor.call('POST', `/v1/invoices/${converted.body.id}/issue`)
    const paid = { invoice_id: id, method: 'cash', amount_minor: 1, currency: 'CHF', received_on: '2026-11-23' }
    const payment = await kontor.call('POST', '/v1/payments', { ...paid, amount_minor: 2 })
    const back = { amount_minor: 1, refunded_on: '2026-11-23', invoice_id: id }
    await kontor.call('POST', `/v1/payments/${payment.body.id}/refunds`, back)
    await kontor.call('POST', `/v1/invoices/${id}/write-offs`, { amount_minor: 1, reason: 'zu klein' })
    await kontor.call('POST', `/v1/invoices/${id}/sent`, { channel: 'post' })
    const unseen = await kontor.call('POST', '/v1/invoices', order)
    await kontor.call('POST', `/v1/invoices/${unseen.body.id}/issue`)
    const voided = await kontor.call('POST', `/v1/invoices/${unseen.body.id}/void`, { reason: 'Falsch' })
    t.is(voided.status, 201, voided.bytes.toString())
    await csvLine('')
    const before = await kontor.state()
    const service = (text: string) => kontor.database.knex.raw(text)
    const owner = (text: string) => kontor.sql(text)

    const issued = `document set %s where state = 'issued'`
    for (const column of ["number = 'X-1'", 'payable_minor = 0', "state = 'draft'", "snapshot = '{}'", 'version = 9']) {
      const text = `update ${issued.replace('%s', column)}`
      await refusedBy(t, 'service', () => service(text), '23000', text)
      await refusedBy(t, 'owner', () => owner(text), '23000', text)
    }
    const tables = {
      document: 'version = version',
      number_ledger: "number = 'X-1'",
      quote_step: 'at = now()',
      quote_conversion: 'created_at = now()',
      quote_part: 'quantity = 1',
      document_file: "bytes = ''",
      document_delivery: 'sent_on = sent_on',
      document_void: "reason = ''",
      export_run: 'taken_at = now()',
      export_snapshot: "saw = '1:1:'",
      payment: 'amount_minor = 1',
      allocation: 'amount_minor = 1',
      refund: 'amount_minor = 1',
      adjustment: 'amount_minor = 1',
    }
    for (const [table, change] of Object.entries(tables)) {
      const remove = table === 'document' ? `delete from document where state = 'issued'` : `delete from ${table}`
      // The service may delete drafts and what they took of a quote, and has no right on the others at all.
      const by = ['document', 'quote_conversion'].includes(table) ? '23000' : '42501'
      await refusedBy(t, 'service', () => service(remove), by, remove)
      await refusedBy(t, 'owner', () => owner(remove), '23000', remove)
      await refusedBy(t, 'service', () => service(`truncate ${table} cascade`), '42501', `truncate ${table}`)
      await refusedBy(t, 'owner', () => owner(`truncate ${table} cascade`), '23000', `truncate ${table}`)
      if (table === 'document') continue
      await refusedBy(t, 'service', () => service(`update ${table} set ${change}`), '42501', `update ${table}`)
      await refusedBy(t, 'owner', () => owner(`update ${table} set ${change}`), '23000', `update ${table}`)
    }
    t.deepEqual(await kontor.state(), before)
  },
)

test('the service frees no name of what is still there', async (t) => {
  const { order } = await issuedInvoice()
  await kontor.call('POST', '/v1/invoices', { ...order, external_id: 'kept-draft' })
  const service = (text: string) => kontor.database.knex.raw(text)
  for (const kind of ['customer_number', 'document_number', 'invoice']) {
    const text = `delete from unique_name where kind = '${kind}'`
    await refusedBy(t, 'service', () => service(text), '23000', text)
    await refusedBy(t, 'owner', () => kontor.sql(text), '23000', text)
  }
})

test('the service can neither draw twice nor forget an event or a name', async (t) => {
  await issuedInvoice()
  const service = (text: string) => kontor.database.knex.raw(text)
  const twice = 'insert into number_ledger select * from number_ledger limit 1'
  await refusedBy(t, 'service', () => service(twice), '23505', twice)
  for (const text of [
    'delete from event',
    "update event set type = 'x'",
    'update unique_name set target_id = target_id',
    'delete from idempotency',
    'delete from account',
    'update account set customer_number = customer_number',
    'update account set external_id = null',
    'delete from series',
    'update series set issuer_id = issuer_id',
    'delete from number_format',
    'update number_format set format = format',
    'delete from issuer_numbering',
    'update document set account_id = account_id',
    'update document set issuer_id = issuer_id',
    'delete from issuer_logo',
    'update api_key set role = role',
    "insert into tenant (id, slug, name) values (gen_random_uuid(), 'x', 'x')",
  ]) {
    await refusedBy(t, 'service', () => service(text), '42501', text)
  }
})
