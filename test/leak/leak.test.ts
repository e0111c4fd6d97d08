import { dirname, join } from 'node:path'
import { withClient } from '@kontor/postgres'
import test from 'ava'
import { type Ended, temporaryHome } from '../e2e/kontor.ts'
import { barrage, type Unexpected } from './barrage.ts'
import { type DefectAnswers, meetDefects } from './defects.ts'
import { type RunningDemo, startDemo } from './demo.ts'
import { readFiles } from './files.ts'
import { readSummary, useInvoicing, useVault, type Worked } from './good-requests.ts'
import { type LeakSearch, leakSearch } from './leak-search.ts'
import { markMaker } from './marks.ts'
import { type Outcomes, writeOrders } from './orders.ts'
import { pdfCollection } from './pdfs.ts'
import { plantedLeaks } from './planted.ts'
import { type RowCounts, readTables } from './tables.ts'
import { type LeakProcessors, leakProcessors, useProcessors } from './use-processors.ts'

const DATABASES = ['kontor_vault', 'kontor_keys', 'kontor_invoicing', 'postgres'] as const

// One demo is used and searched once; the tests of this file look at what came of it.
const marks = { sealed: markMaker(), dropped: markMaker() }
const plantedMarks = markMaker()
const planted = plantedLeaks(plantedMarks)
let outcomes: Outcomes
let worked: readonly Worked[]
let vault: Awaited<ReturnType<typeof useVault>>
let processors: Awaited<ReturnType<typeof useProcessors>>
let invoicing: Awaited<ReturnType<typeof useInvoicing>>
let unexpected: readonly Unexpected[]
let defects: DefectAnswers
let search: LeakSearch
let plantedSearch: LeakSearch
let pdfs: number
let stopped: { ended: Ended; survivors: readonly number[] }
const rows: Record<string, RowCounts> = {}
const teardowns: (() => void | Promise<void>)[] = []

test.before(async () => {
  const home = temporaryHome({ teardown: (undo) => teardowns.push(undo as () => void) })
  const folder = dirname(home)
  outcomes = writeOrders(join(folder, 'orders'), marks, planted.noted)
  const atProcessors = await leakProcessors(marks.dropped)
  teardowns.push(atProcessors.close)
  const demo = await startDemo(home, join(folder, 'orders'), {
    STRIPE_BASE_URL: atProcessors.stripe.baseUrl,
    PAYPAL_BASE_URL: atProcessors.paypal.baseUrl,
  })
  teardowns.unshift(demo.kill)
  worked = readSummary(home)
  const answers = await callServices(demo, atProcessors)
  await planted.inTables(demo.adminUrl)

  // Whatever was sent is known by now.
  search = leakSearch([...marks.sealed.marks, ...marks.dropped.marks])
  plantedSearch = leakSearch(plantedMarks.marks)
  const collected = pdfCollection(join(folder, 'pdfs'))
  const look = (where: string, content: Buffer | string) => {
    const bytes = Buffer.from(content)
    search.look(where, bytes)
    plantedSearch.look(where, bytes)
    collected.offer(where, bytes)
  }
  for (const { where, bytes } of answers) look(where, bytes)
  for (const database of DATABASES) rows[database] = await readTables(demo.adminUrl, database, look)
  await withClient(demo.adminUrl, 'leak test', (client) => client.query('checkpoint'))
  stopped = await demo.stop()
  planted.inFiles(home)
  readFiles(home, look)
  pdfs = await collected.read(look)
  look('printed', `${stopped.ended.out}${stopped.ended.err}`)
  look('printed, and a planted line', `${stopped.ended.out}Error: ${planted.printed}`)
})
test.after.always(async () => {
  for (const undo of teardowns) await undo()
})

/** Uses both services rightly and wrongly. @returns Every answer that may hold no number. */
async function callServices(
  demo: RunningDemo,
  atProcessors: LeakProcessors,
): Promise<{ where: string; bytes: Buffer }[]> {
  const answers: { where: string; bytes: Buffer }[] = []
  const record = (where: string, bytes: Uint8Array) => answers.push({ where, bytes: Buffer.from(bytes) })
  invoicing = await useInvoicing(demo, record)
  vault = await useVault(demo, marks, record)
  processors = await useProcessors(demo, marks, atProcessors, record)
  unexpected = await barrage(demo, marks.dropped, invoicing.known, record)
  defects = await meetDefects(demo, marks, record)
  return answers
}

test('the orders became invoices, and those with a number in the wrong place were refused', (t) => {
  t.deepEqual(Object.fromEntries(worked.map(({ order, error }) => [order, error?.code])), outcomes)
})

test('what was sealed was there: whoever may reveal gets it, and nothing that was dropped', (t) => {
  const revealed = [...vault.revealed, ...processors.revealed].join('\n')
  t.true(marks.sealed.marks.length > 40)
  for (const { name, value } of marks.sealed.marks) t.true(revealed.includes(value), name)
  const dropped = leakSearch(marks.dropped.marks)
  dropped.look('revealed', revealed)
  t.deepEqual(dropped.findings(), [])
  t.notRegex(revealed, /"(cvc|cvv)\w*":/i)
})

test('requests were answered as documented, repeated ones too', (t) => {
  const life = [201, 201, 422, 200, 403, 204, 410, 410]
  t.deepEqual(vault.statuses, [life, life])
  t.deepEqual(invoicing.statuses, [201, 201, 200, 200])
})

test('instruments were registered and charged, whatever the processor did to what it was sent', (t) => {
  t.deepEqual(processors.statuses, {
    credentials: [201, 201, 422, 200],
    card: 201,
    account: 201,
    payer: 201,
    lost: [504, 504, 504, 201],
    rejected: 201,
    refused: [422, 400, 400, 422],
    charge: [201, 'succeeded', 200],
    deliveries: [200, 400],
  })
})

test('every bad request is refused, and none is answered as a defect', (t) => {
  t.deepEqual(unexpected, [])
})

test('what goes wrong in the middle is answered as a defect', (t) => {
  t.deepEqual(new Set(Object.values(defects)), new Set([500]), JSON.stringify(defects))
})

test('no number, code, holder or digest of one stands in any log, table, file, PDF, export, print or answer', (t) => {
  t.deepEqual(search.findings(), [])
})

test('a planted leak is found wherever it was planted', (t) => {
  const findings = plantedSearch.findings()
  const missed = planted.expected.filter(
    ([planted, place]) => !findings.some(({ mark, where }) => mark === planted && where.includes(place)),
  )
  t.deepEqual(missed, [])
})

test('the search saw all that there is', (t) => {
  const sizeOf = (part: string) =>
    [...search.searched].filter(([where]) => where.includes(part)).reduce((sum, [, bytes]) => sum + bytes, 0)
  const places = ['home/log/vault.log', 'home/log/invoicing.log', 'cluster/server.log', 'cluster/data/global/']
  const made = [
    'home/out/invoices.csv',
    'home/out/summary.json',
    'home/out/visa19.pdf',
    'home/keystore.json',
    '(streams)',
  ]
  for (const part of [
    ...places,
    ...made,
    'printed',
    'answer of vault',
    'answer of invoicing',
    'answer to card in',
    '/registrations',
    'answer to a delivery',
  ]) {
    t.true(sizeOf(part) > 100, part)
  }
  t.true(sizeOf('cluster/data/base/') > 20_000_000)
  t.true(sizeOf('cluster/data/pg_wal/') >= 16_000_000)
  const invoices = worked.filter(({ error }) => error === null).length
  t.true(pdfs >= 2 * invoices, 'quotes and invoices')
  for (const table of ['token', 'event', 'data_subject']) t.true((rows.kontor_vault?.[table] ?? 0) > 20, table)
  t.true(Object.values(rows.kontor_keys ?? {}).reduce((sum, count) => sum + count, 0) > 20)
  for (const table of ['document', 'document_file', 'idempotency'])
    t.true((rows.kontor_invoicing?.[table] ?? 0) > 20, table)
  for (const table of ['registration', 'processor_credential']) t.true((rows.kontor_vault?.[table] ?? 0) > 1, table)
  for (const table of ['charge_step', 'processor_event']) t.true((rows.kontor_invoicing?.[table] ?? 0) > 0, table)
})

test('nothing is left running', (t) => {
  t.is(stopped.ended.code, 0, stopped.ended.err)
  t.deepEqual(stopped.survivors, [])
})
