import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { minorFromDecimal } from '@kontor/money'
import test from 'ava'
import { countRows } from './count-rows.ts'
import { fields } from './csv-fields.ts'
import { descendantsOf, type Ended, kontor, survivorsOf, temporaryHome } from './kontor.ts'
import { pdfPages } from './pdf-text.ts'

const fixtures = fileURLToPath(new URL('../fixtures/', import.meta.url))
const orderNames = readdirSync(join(fixtures, 'orders'))
  .filter((name) => name.endsWith('.json'))
  .sort()

interface Expected {
  readonly lines: string
  readonly net: string
  readonly vat: string
  readonly gross: string
  readonly payable: string
  readonly vat_groups: readonly { category: string; rate?: string; base: string; tax: string }[]
}

interface Order {
  readonly document: 'invoice' | 'credit_note'
  readonly type_code: string
  readonly currency: string
  readonly issue_date: string
  readonly instrument?: object
  readonly totals_follow_exactly_from_lines: boolean
  readonly disagreement?: string
  readonly expected: Expected
}

interface Summary {
  readonly order: string
  readonly account_id: string
  readonly customer_number: string
  readonly token_id: string | null
  readonly instrument: string | null
  readonly quote_number: string | null
  readonly invoice_number: string | null
  readonly credit_note_number: string | null
  readonly currency: string
  readonly lines: string
  readonly net: string
  readonly vat: string
  readonly vat_groups: readonly { category: string; rate: string | null; base: string; tax: string }[]
  readonly gross: string
  readonly payable: string
  readonly pdf: string
  readonly differences: readonly { path: string; ours: string | null; printed: string | null }[]
  readonly warnings: readonly { path: string; code: string }[]
  readonly error: { code: string; errors?: { path: string; code: string }[] } | null
}

const numberOf = ({ invoice_number, credit_note_number }: Summary) => invoice_number ?? credit_note_number
const readOrder = (name: string) => JSON.parse(readFileSync(join(fixtures, 'orders', name), 'utf8')) as Order
const readSummary = (home: string) => JSON.parse(readFileSync(join(home, 'out/summary.json'), 'utf8')) as Summary[]

// The tests of this file share one demo, as the runs of a newcomer do.
let home: string
let first: Ended
let summaries: readonly Summary[]
let invoices: readonly Summary[]
const teardowns: (() => void)[] = []

test.before(async () => {
  home = temporaryHome({ teardown: (undo) => teardowns.push(undo as () => void) })
  first = await kontor(['start', '--once'], { KONTOR_HOME: home }).ended
  if (first.code !== 0) throw new Error(`the first run failed: ${first.err}`)
  summaries = readSummary(home)
  invoices = summaries.filter(({ invoice_number }) => invoice_number !== null)
})
test.after.always(() => {
  for (const undo of teardowns) undo()
})

test.serial('every published order becomes an invoice or a credit note with a number of its own', (t) => {
  t.deepEqual(
    summaries.map(({ order }) => order),
    orderNames,
  )
  t.deepEqual(
    summaries.filter(({ error }) => error !== null),
    [],
  )
  t.is(new Set(summaries.map(numberOf)).size, orderNames.length)
  t.is(new Set(invoices.map(({ quote_number }) => quote_number)).size, orderNames.length - 1)
  for (const { invoice_number, quote_number, customer_number } of invoices) {
    t.regex(invoice_number ?? '', new RegExp(`^${customer_number}-\\d+$`))
    t.regex(quote_number ?? '', new RegExp(`^Q-${customer_number}-\\d+$`))
  }
  const [note, ...others] = summaries.filter(({ credit_note_number }) => credit_note_number !== null)
  t.deepEqual(others, [])
  t.like(note, {
    order: 'en16931-ubl-tc434-creditnote1.json',
    invoice_number: null,
    quote_number: null,
    token_id: null,
  })
  t.is(note?.credit_note_number, `CN-${note?.customer_number}-1`)
})

test.serial('the invoices of an account are numbered from 1, without a gap, by issue date', (t) => {
  const byAccount = Map.groupBy(invoices, ({ account_id }) => account_id)
  for (const account of byAccount.values()) {
    const seqs = account
      .map(
        ({ invoice_number, order }) =>
          [Number(invoice_number?.split('-').at(-1)), readOrder(order).issue_date] as const,
      )
      .sort(([a], [b]) => a - b)
    t.deepEqual(
      seqs.map(([seq]) => seq),
      seqs.map((_, index) => index + 1),
    )
    t.deepEqual(
      seqs.map(([, date]) => date),
      seqs.map(([, date]) => date).sort(),
    )
  }
})

for (const name of orderNames) {
  const { expected, currency, totals_follow_exactly_from_lines: exact, disagreement } = readOrder(name)
  test.serial(`${name} ${exact ? 'comes out to the cent' : 'says what differs from its author'}`, (t) => {
    const ours = summaries.find(({ order }) => order === name) as Summary
    const minor = (text: string) => minorFromDecimal(text, currency)
    if (exact) {
      t.deepEqual(ours.differences, [])
      for (const total of ['lines', 'net', 'vat', 'gross', 'payable'] as const) {
        t.is(minor(ours[total]), minor(expected[total]), total)
      }
      const groups = (list: Summary['vat_groups'] | Expected['vat_groups']) =>
        list
          .map((group) => `${group.category} ${Number(group.rate ?? 0)} ${minor(group.base)} ${minor(group.tax)}`)
          .sort()
      t.deepEqual(groups(ours.vat_groups), groups(expected.vat_groups))
    } else {
      const stated = [
        ...(disagreement ?? '').matchAll(/(?:^|; )(lines|net|vat|gross|payable): (\S+) != (\S+?)(?=;|$)/g),
      ]
      t.true(stated.length > 0)
      for (const [, path, arithmetic, printed] of stated) {
        const found = ours.differences.find((difference) => difference.path === path)
        t.is(minor(found?.ours ?? '0'), minor(arithmetic as string), path)
        t.is(minor(found?.printed ?? '0'), minor(printed as string), path)
      }
    }
  })
}

test.serial('an instrument is shown masked, and an order without one has none', (t) => {
  for (const { order, instrument, token_id } of summaries) {
    const has = readOrder(order).instrument !== undefined
    t.is(token_id !== null, has, order)
    if (has) t.regex(instrument ?? '', /^(?:.* •••• \d{2,4}|PayPal \S•••@\S+)$/)
  }
})

test.serial('a payee account whose check digits are wrong is a warning, not a refusal', (t) => {
  t.true(summaries.some(({ warnings }) => warnings.some(({ code }) => code === 'iban_check_failed')))
})

test.serial('each PDF carries its number, its total and its page numbers', async (t) => {
  for (const summary of summaries) {
    const { order, pdf, payable } = summary
    const number = numberOf(summary) ?? ''
    const pages = await pdfPages(pdf)
    const text = pages.join(' ')
    t.true(text.includes(number), `${order}: number`)
    const digits = (printed: string) => printed.replace(/\D/g, '')
    t.true(digits(text).includes(digits(payable)), `${order}: total`)
    for (const [index, page] of pages.entries()) {
      t.regex(page, new RegExp(`${index + 1} ?(?:/|of|von) ?${pages.length}`), `${order}: page ${index + 1}`)
      t.true(page.includes(number), `${order}: number on page ${index + 1}`)
    }
  }
})

test.serial('the CSV has a row for each document, paid where there was something to charge', (t) => {
  const [header, ...rows] = readFileSync(join(home, 'out/invoices.csv'), 'utf8').trimEnd().split('\r\n').map(fields)
  const at = (name: string) => (header as string[]).indexOf(name)
  t.is(rows.length, summaries.length)
  for (const summary of summaries) {
    const row = rows.find((each) => each[at('number')] === numberOf(summary)) as string[]
    const isCredit = summary.credit_note_number !== null
    t.is(row[at('payable')], isCredit ? `-${summary.payable}` : summary.payable)
    t.is(row[at('customer_number')], summary.customer_number)
    t.is(row[at('type_code')], readOrder(summary.order).type_code)
    const due = minorFromDecimal(summary.payable, summary.currency)
    const paid = minorFromDecimal(row[at('paid')] as string, summary.currency)
    t.is(paid, summary.instrument !== null && due > 0n ? due : 0n, summary.order)
  }
})

test.serial('the newcomer reads what was made, and where it is', (t) => {
  for (const name of orderNames) t.true(first.out.includes(name.replace('.json', '')), name)
  t.regex(first.out, /^Vault +http:\/\/127\.0\.0\.1:\d+$/m)
  t.regex(first.out, /http:\/\/127\.0\.0\.1:\d+\/docs \(invoicing\)/)
  t.true(first.out.includes('27 invoices and 1 credit note issued, 3 left open for want of an instrument.'))
  t.regex(first.out, /secrets\.json.* Warning: /)
  t.is(first.err, '')
  t.false(first.out.includes('\u001b'), 'no colours where there is no terminal')
})

test.serial('a second run finds everything again and makes nothing twice', async (t) => {
  const before = await countRows(home)
  const second = await kontor(['start', '--once', '--json'], { KONTOR_HOME: home }).ended
  t.is(second.code, 0, second.err)
  t.deepEqual((JSON.parse(second.out) as { orders: Summary[] }).orders, [...summaries])
  t.deepEqual(readSummary(home), [...summaries])
  t.deepEqual(await countRows(home), before)
})

test.serial('every broken order gets its documented error, and stops no other', async (t) => {
  const expected = JSON.parse(readFileSync(join(fixtures, 'broken-orders.expected.json'), 'utf8')) as Record<
    string,
    { code: string; errors?: { path: string; code: string }[] }
  >
  const paths = [join(fixtures, 'broken-orders'), join(fixtures, 'orders', orderNames[0] as string)]
  const ended = await kontor(['start', '--once', '--json', ...paths], { KONTOR_HOME: home }).ended
  t.is(ended.code, 0, ended.err)
  const { orders } = JSON.parse(ended.out) as { orders: Summary[] }
  const broken = orders.slice(0, -1)
  t.deepEqual(
    broken.map(({ order, error }) => [order, error?.code]),
    Object.keys(expected)
      .sort()
      .map((name) => [name, expected[name]?.code]),
  )
  for (const { order, error, pdf, ...summary } of broken) {
    t.is(numberOf({ order, error, pdf, ...summary }), null, order)
    t.is(pdf, null as never, order)
    for (const each of expected[order]?.errors ?? [])
      t.like(
        error?.errors?.find(({ path }) => path === each.path),
        each,
      )
  }
  t.is(orders.at(-1)?.invoice_number, summaries[0]?.invoice_number ?? '')
})

test.serial('Ctrl-C stops everything, and another start in the same folder is refused until then', async (t) => {
  const running = kontor(['start'], { KONTOR_HOME: home })
  t.teardown(() => running.process.kill('SIGKILL'))
  await running.prints('Ctrl-C')
  const pid = running.process.pid as number
  const processes = descendantsOf(pid)
  t.true(processes.length >= 3, 'PostgreSQL and two services')

  const other = await kontor(['start', '--once'], { KONTOR_HOME: home }).ended
  t.is(other.code, 1)
  t.is(
    other.err,
    `kontor: Kontor already runs in ${home} as process ${pid}: stop it first, or set KONTOR_HOME to another folder.\n`,
  )

  const again = await kontor(['run', '--json', join(fixtures, 'orders', orderNames[0] as string)], {
    KONTOR_HOME: home,
  }).ended
  t.is(again.code, 0, again.err)
  t.is((JSON.parse(again.out) as { orders: Summary[] }).orders[0]?.invoice_number, summaries[0]?.invoice_number)

  process.kill(-pid, 'SIGINT')
  const { code, err } = await running.ended
  t.is(code, 0, err)
  t.deepEqual(await survivorsOf(processes), [])
})

test.serial('a start that was killed leaves no service, and the next one takes over its database', async (t) => {
  const running = kontor(['start'], { KONTOR_HOME: home })
  await running.prints('Ctrl-C')
  const processes = descendantsOf(running.process.pid as number)
  running.process.kill('SIGKILL')
  await running.ended
  const next = await kontor(['start', '--once', '--json'], { KONTOR_HOME: home }).ended
  t.is(next.code, 0, next.err)
  t.regex(next.err, /took over the database server/)
  t.deepEqual((JSON.parse(next.out) as { orders: Summary[] }).orders, [...summaries])
  t.deepEqual(await survivorsOf(processes), [])
})
