import { randomBytes } from 'node:crypto'
import { formatId, newUuid, toBucket } from '@kontor/ids'
import type { MarkMaker } from '../leak/marks.ts'
import type { KillableService } from '../support/killable-service.ts'
import { PURPOSE, type Stage } from './stage.ts'

/** An answer of the vault. */
export interface Answer {
  readonly status: number
  readonly text: string
  // biome-ignore lint/suspicious/noExplicitAny: the drill reads whatever the answer holds.
  readonly body: any
}

/** Asks one process. A process that cannot be reached answers with status 0. */
export async function ask(
  { key }: Pick<Stage, 'key'>,
  process_: KillableService,
  method: 'GET' | 'POST' | 'DELETE',
  path: string,
  request: { readonly body?: object; readonly intent?: string } = {},
): Promise<Answer> {
  const response = await fetch(process_.url() + path, {
    method,
    headers: {
      authorization: `Bearer ${key}`,
      ...(request.intent && { 'idempotency-key': request.intent }),
      ...(request.body && { 'content-type': 'application/json' }),
    },
    ...(request.body && { body: JSON.stringify(request.body) }),
  }).catch(() => undefined)
  const text = (await response?.text().catch(() => '')) ?? ''
  return { status: response?.status ?? 0, text, body: readJson(text) }
}

function readJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

/** One thing of a customer's: what was sent to store it, and its token. */
export interface Stored {
  readonly request: { readonly body: object; readonly intent: string }
  readonly field: string
  /** What a reveal of the field gives. */
  readonly value: string
  readonly token: string
}

export interface Customer {
  /** `acc_…` */
  readonly account: string
  readonly stored: readonly Stored[]
}

/** Stores a card, a bank account and a PayPal account of a new customer, with values that nobody else has. */
export async function storeCustomer(stage: Stage, marks: MarkMaker, name: string): Promise<Customer> {
  const account = formatId('acc', newUuid(toBucket(randomBytes(2).readUInt16BE() & 0xfff), Date.now(), randomBytes))
  const [number, iban, email] = [
    marks.card(`card of ${name}`),
    marks.iban(`IBAN of ${name}`),
    marks.email(`e-mail of ${name}`),
  ]
  const stored: Stored[] = []
  for (const { field, value, instrument } of [
    {
      field: 'number',
      value: number,
      instrument: { type: 'card', card: { number, expiry_month: 12, expiry_year: 2039 } },
    },
    { field: 'iban', value: iban, instrument: { type: 'bank_account', bank_account: { iban } } },
    {
      field: 'email',
      value: email,
      instrument: { type: 'paypal_account', paypal_account: { email, payer_id: marks.payerId(`payer id of ${name}`) } },
    },
  ]) {
    const body = {
      ...instrument,
      holder: { name: marks.holder(`${field} holder of ${name}`) },
      account_id: account,
      metadata: { note: marks.text(`${field} metadata of ${name}`) },
    }
    const request = { body, intent: `drill-${randomBytes(8).toString('hex')}` }
    const answer = await ask(stage, stage.first, 'POST', '/v1/tokens', request)
    if (answer.status !== 201) throw new Error(`storing answered ${answer.status} ${answer.body?.code}`)
    stored.push({ request, field, value, token: answer.body.id })
  }
  return { account, stored }
}

export const reveal = (stage: Stage, process_: KillableService, { token, field }: Stored) =>
  ask(stage, process_, 'POST', `/v1/tokens/${token}/reveal`, { body: { purpose: PURPOSE, fields: [field] } })

export const erase = (stage: Stage, process_: KillableService, { account }: Customer) =>
  ask(stage, process_, 'DELETE', `/v1/accounts/${account}/data`)

/** Every way in which a customer's data could come out or be found, asked of one process. */
export async function lookEverywhere(
  stage: Stage,
  process_: KillableService,
  { account, stored }: Customer,
): Promise<Answer[]> {
  const answers = [ask(stage, process_, 'GET', `/v1/tokens?account_id=${account}`)]
  for (const each of stored) {
    answers.push(reveal(stage, process_, each))
    answers.push(ask(stage, process_, 'GET', `/v1/tokens/${each.token}`))
    answers.push(ask(stage, process_, 'POST', '/v1/tokens', each.request))
  }
  return Promise.all(answers)
}

/**
 * Asks whether the card of a customer is known to the vault under any account of the tenant, by storing it for somebody else
 * with the wish that a duplicate be refused. That somebody is erased again.
 */
export async function isRecognised(stage: Stage, process_: KillableService, { stored }: Customer): Promise<boolean> {
  const other = formatId('acc', newUuid(toBucket(1), Date.now(), randomBytes))
  const [card] = stored
  const body = { ...card?.request.body, account_id: other, on_duplicate: 'reject', dedup_scope: 'tenant' }
  const answer = await ask(stage, process_, 'POST', '/v1/tokens', {
    body,
    intent: `drill-${randomBytes(8).toString('hex')}`,
  })
  if (answer.status === 409 && answer.body.code === 'duplicate_token') return true
  if (answer.status !== 201) throw new Error(`asking for a duplicate answered ${answer.status} ${answer.body?.code}`)
  await erase(stage, process_, { account: other, stored: [] })
  return false
}
