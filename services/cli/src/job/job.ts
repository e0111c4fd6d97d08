import { DomainError, type Problem, toProblem } from '@kontor/problem'
import { accountExternalId, orderHash } from '../orders/canonical.ts'
import type { OrderForm } from '../orders/order-form.ts'
import { parseOrder } from '../orders/parse-order.ts'
import type { OrderFile } from '../orders/read-orders.ts'
import { type Api, Refused } from './api-client.ts'
import { type OutFolder, pdfNames } from './out-folder.ts'
import { orderDesk, type Trail } from './run-order.ts'
import { type OrderSummary, summarize } from './summary.ts'

/** Accounts that are worked at once. Beyond, two processes on a small machine only wait for each other. */
const ACCOUNTS_AT_ONCE = 6

export interface JobOptions {
  /** @param signal Ends every call: there is no sense in the others' retries when one has found the machinery broken. */
  readonly connect: (signal: AbortSignal) => { readonly vault: Api; readonly invoicing: Api }
  readonly out: OutFolder
  /** Called before the first order and after each. */
  readonly onProgress: (done: number, total: number) => void
  readonly signal?: AbortSignal
}

/** What the job made. */
export interface JobResult {
  /** One entry for each order file, in the order of the files. */
  readonly orders: readonly OrderSummary[]
  /** Names of the customers, for the table, in the same order. */
  readonly accountNames: readonly (string | undefined)[]
  readonly csv: string
  readonly summary: string
}

interface WorkItem {
  readonly file: OrderFile
  readonly pdfName: string
  readonly trail: Trail
  order?: OrderForm
  hash?: string
  pdf?: string
  error?: Problem
}

/**
 * The main job: every order becomes a token, a quote, an issued invoice, a charge and its PDF, or a credit note and its PDF,
 * through the public HTTP APIs alone. Orders of one account run one after the other by issue date, because its numbers do; accounts run side by side.
 *
 * An order that is refused is part of the result and stops no other.
 *
 * @throws {NoAnswer} A service is gone.
 * @throws {Refused} A part that a service needs is down, and stays down.
 */
export async function runJob(files: readonly OrderFile[], options: JobOptions): Promise<JobResult> {
  const { out } = options
  const giveUp = new AbortController()
  const signal = AbortSignal.any([giveUp.signal, ...(options.signal ? [options.signal] : [])])
  const { vault, invoicing } = options.connect(signal)
  const names = pdfNames(files.map(({ name }) => name))
  const items = files.map((file, index): WorkItem => ({ file, pdfName: names[index] as string, trail: {} }))
  for (const item of items) readOrder(item)

  const desk = orderDesk({ vault, invoicing })
  let done = items.filter(({ error }) => error).length
  options.onProgress(done, items.length)
  await eachAtOnce(byAccount(items), ACCOUNTS_AT_ONCE, giveUp, async (queue) => {
    for (const item of queue) {
      signal.throwIfAborted()
      await refusable(item, async () => {
        await desk.work(item.order as OrderForm, item.hash as string, item.trail)
        const { invoice, creditNote } = item.trail
        const document = creditNote ? `credit-notes/${creditNote.id}` : `invoices/${invoice?.id}`
        const pdf = await invoicing.download(`/v1/${document}.pdf`)
        item.pdf = await out.save(item.pdfName, pdf)
      })
      done += 1
      options.onProgress(done, items.length)
    }
  })

  const orders = items.map(({ file, order, trail, pdf, error }) =>
    summarize({ name: file.name, order, trail, pdf, error }),
  )
  return {
    orders,
    accountNames: items.map(({ trail }) => trail.account?.name),
    csv: await out.save('invoices.csv', await invoicing.download('/v1/exports/invoices.csv')),
    summary: await out.save('summary.json', `${JSON.stringify(orders, null, 2)}\n`),
  }
}

function readOrder(item: WorkItem): void {
  try {
    if (item.file.text instanceof Error) throw item.file.text
    const order = parseOrder(item.file.text)
    // What has no hash is not worked, so it comes first.
    item.hash = orderHash(order)
    item.order = order
  } catch (error) {
    item.error = problemOf(error, item.file)
  }
}

async function refusable(item: WorkItem, work: () => Promise<void>): Promise<void> {
  try {
    await work()
  } catch (error) {
    item.error = problemOf(error, item.file)
  }
}

/** @throws What is no refusal: the machinery is broken, not the order, and the next order would fare no better. */
function problemOf(error: unknown, file: OrderFile): Problem {
  if (error instanceof Refused && ![502, 503, 504].includes(error.problem.status)) return error.problem
  if (!(error instanceof DomainError)) throw error
  return { ...toProblem(error, ''), instance: `urn:kontor:order:${encodeURIComponent(file.name)}` }
}

/** Queues of orders that can be worked at once; within each, by issue date, and by file where the dates are equal. */
function byAccount(items: readonly WorkItem[]): WorkItem[][] {
  const queues = new Map<string, WorkItem[]>()
  for (const item of items) {
    if (!item.order) continue
    const account = accountExternalId(item.order.seller, item.order.buyer)
    queues.set(account, [...(queues.get(account) ?? []), item])
  }
  const issueDate = (item: WorkItem) => item.order?.issue_date ?? ''
  return [...queues.values()].map((queue) => queue.sort((a, b) => issueDate(a).localeCompare(issueDate(b))))
}

/** The first failure ends the others' calls and is thrown when all have come to rest: nobody writes any more once it is known. */
async function eachAtOnce<T>(
  queue: readonly T[],
  atOnce: number,
  giveUp: AbortController,
  work: (item: T) => Promise<void>,
): Promise<void> {
  const rest = [...queue]
  const failures: unknown[] = []
  await Promise.all(
    Array.from({ length: atOnce }, async () => {
      for (let item = rest.shift(); item !== undefined && failures.length === 0; item = rest.shift()) {
        await work(item).catch((failure: unknown) => {
          failures.push(failure)
          giveUp.abort(failure)
        })
      }
    }),
  )
  if (failures.length > 0) throw failures[0]
}
