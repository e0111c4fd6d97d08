import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { caller, type Record } from './caller.ts'
import type { RunningDemo } from './demo.ts'
import type { MarkMaker, MarkMakers } from './marks.ts'
import type { Known } from './refused-requests.ts'

/** An entry of summary.json, as far as it is read here. */
export interface Worked {
  readonly order: string
  readonly token_id: string | null
  readonly account_id: string | null
  readonly error: { readonly code: string } | null
}

export const readSummary = (home: string): Worked[] =>
  JSON.parse(readFileSync(join(home, 'out/summary.json'), 'utf8')) as Worked[]

/** Asks for everything that an instrument has. */
export function everythingOf(token: string): string {
  const { type, bank_account: bank } = JSON.parse(token) as { type: string; bank_account?: { routing_number?: string } }
  const account = bank?.routing_number === undefined ? ['iban', 'bic'] : ['account_number']
  const fields =
    { card: ['number', 'expiry'], bank_account: account, paypal_account: ['email', 'payer_id'] }[type] ?? []
  return JSON.stringify({ fields: [...fields, 'holder_name'], purpose: 'support' })
}

/**
 * Tokenizes, repeats, reads, lists, reveals and deletes, past the command line.
 *
 * @param record Takes every answer but those to a reveal.
 * @returns The answers to reveals, of each token of the job and of the tokens made here; and the statuses of the others.
 */
export async function useVault(
  { vaultUrl, home, keys }: RunningDemo,
  { sealed, dropped }: MarkMakers,
  record: Record,
): Promise<{ readonly revealed: readonly string[]; readonly statuses: readonly (number | undefined)[][] }> {
  const vault = caller('vault', vaultUrl, keys.vault, record)
  const revealer = caller('vault', vaultUrl, keys.reveal, () => {})
  const revealed: string[] = []
  const reveal = async (id: string) => {
    const target = `/v1/tokens/${id}`
    const body = everythingOf((await vault({ target })).text)
    revealed.push((await revealer({ method: 'POST', target: `${target}/reveal`, body })).text)
  }

  async function liveAndDie(body: object): Promise<(number | undefined)[]> {
    dropped.json('direct body', body)
    const headers = { 'idempotency-key': dropped.text('idempotency key') }
    const create = (request: object) =>
      vault({ method: 'POST', target: '/v1/tokens', headers, body: JSON.stringify(request) })
    const made = await create(body)
    const { id } = JSON.parse(made.text) as { id: string }
    const target = `/v1/tokens/${id}`
    const replayed = await create(body)
    const other = await create(cardOf(dropped, dropped, 'other request under the same key'))
    const shown = await vault({ target })
    await reveal(id)
    const refused = await vault({ method: 'POST', target: `${target}/reveal`, body: everythingOf(shown.text) })
    const deleted = await vault({ method: 'DELETE', target })
    const gone = await vault({ target })
    const late = await create(body)
    return [made, replayed, other, shown, refused, deleted, gone, late].map(({ status }) => status)
  }

  const statuses = [
    await liveAndDie(cardOf(sealed, dropped, 'direct card')),
    await liveAndDie({
      type: 'bank_account',
      bank_account: { iban: sealed.iban('direct IBAN'), bic: sealed.bic('direct BIC') },
      holder: { name: sealed.holder('holder of the direct IBAN') },
      metadata: { order: '4711' },
    }),
  ]
  for (const { token_id, account_id } of readSummary(home)) {
    if (token_id === null) continue
    await vault({ target: `/v1/tokens/${token_id}` })
    await vault({ target: `/v1/tokens?account_id=${account_id}` })
    await reveal(token_id)
  }
  for (const target of ['/openapi.json', '/docs/json', '/health', '/ready']) await vault({ target })
  return { revealed, statuses }
}

function cardOf(make: MarkMaker, codes: MarkMaker, name: string) {
  return {
    type: 'card',
    card: { number: make.card(name), expiry_month: 5, expiry_year: 2033, cvc: codes.cvc(`code of ${name}`) },
    holder: { name: make.holder(`holder of ${name}`) },
  }
}

/**
 * Drafts and issues a quote twice under the same keys, and reads all that invoicing shows.
 *
 * @returns Objects that bad requests can name, and the statuses of what was written.
 */
export async function useInvoicing({ home, invoicingUrl, keys }: RunningDemo, record: Record) {
  const invoicing = caller('invoicing', invoicingUrl, keys.invoicing, record)
  const list = async (collection: string): Promise<string[]> => {
    const { text } = await invoicing({ target: `/v1/${collection}?limit=200` })
    return (JSON.parse(text) as { data: { id: string }[] }).data.map(({ id }) => id)
  }
  const [issuerId] = await list('issuers')
  const charged = readSummary(home).find(({ token_id, error }) => token_id !== null && error === null)
  if (!issuerId || !charged?.account_id) throw new Error('the job made nothing')

  const line = { name: 'Work', quantity: '1', unit: 'HUR', price: '100', vat_category: 'S', vat_rate: '8.1' }
  const form = { account_id: charged.account_id, issuer_id: issuerId, token_id: charged.token_id, currency: 'CHF' }
  const repeated = async (target: string, body: string) => {
    const request = { method: 'POST', target, headers: { 'idempotency-key': `repeated-${target.length}` }, body }
    return [await invoicing(request), await invoicing(request)] as const
  }
  const drafts = await repeated('/v1/quotes', JSON.stringify({ ...form, lines: [line] }))
  const { id } = JSON.parse(drafts[0].text) as { id: string }
  const issued = await repeated(`/v1/quotes/${id}/issue`, '')

  const [accounts, quotes, invoices, series] = [
    await list('accounts'),
    await list('quotes'),
    await list('invoices'),
    await list('series'),
  ]
  const audits = series.map((each) => `series/${each}/audit`)
  const documents = [...quotes.map((each) => `quotes/${each}`), ...invoices.map((each) => `invoices/${each}`)]
  const pages = [...audits, ...documents, ...documents.map((each) => `${each}.pdf`), 'exports/invoices.csv']
  for (const page of pages) await invoicing({ target: `/v1/${page}` })
  for (const target of ['/openapi.json', '/health', '/ready']) await invoicing({ target })
  const known: Known = {
    issuerId,
    accountId: accounts[0] as string,
    invoiceId: invoices[0] as string,
    seriesId: series[0] as string,
  }
  return { known, statuses: [...drafts, ...issued].map(({ status }) => status) }
}
