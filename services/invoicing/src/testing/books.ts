import { parseId } from '@kontor/ids'
import type { ExecutionContext } from 'ava'
import {
  callApp,
  type InvoicingUnderTest,
  type issuerAndAccount,
  type Reply,
  type ServiceApp,
} from '../../../../test/support/invoicing.ts'

export type Order = Awaited<ReturnType<typeof issuerAndAccount>>['order']

/** Invoices of an account: made, issued through any process, and compared with what was acknowledged. */
export function booksOf(kontor: InvoicingUnderTest, admin: string) {
  async function drafts(order: Order, count: number, changes: object = {}): Promise<string[]> {
    const made = await Promise.all(
      Array.from({ length: count }, () => kontor.call('POST', '/v1/invoices', { ...order, ...changes })),
    )
    return made.map((reply) => reply.body.id as string)
  }

  const issueOn = (app: ServiceApp, id: string, key?: string): Promise<Reply> =>
    callApp(app, admin, 'POST', `/v1/invoices/${id}/issue`, undefined, key === undefined ? {} : { key })

  async function auditOf(accountId: string) {
    const series = await kontor.call('GET', `/v1/series?account_id=${accountId}`)
    const made = series.body.data.find((row: { document_type: string }) => row.document_type === 'invoice')
    // The first number makes the series: where every issue was refused there is none.
    if (!made) return { count: 0, complete: true, missing: [], date_inversions: [], numbers: [] }
    return (await kontor.call('GET', `/v1/series/${made.id}/audit?limit=200`)).body
  }

  /** What has to be true whatever was done: every acknowledged number is there, once, and no other; each was one event. */
  async function assertBooks(t: ExecutionContext, order: Order, replies: readonly Reply[]) {
    const acknowledged = replies.filter(({ status }) => status === 200)
    const audit = await auditOf(order.account_id)
    t.like(audit, { count: acknowledged.length, complete: true, missing: [], date_inversions: [] })
    t.true(audit.numbers.every(({ intact }: { intact: boolean }) => intact))
    t.deepEqual(
      audit.numbers
        .map((row: { number: string; document_id: string }) => `${row.number} ${row.document_id}`)
        .toSorted(),
      acknowledged.map(({ body }) => `${body.number} ${body.id}`).toSorted(),
    )
    const events = await kontor.sql<{ object_id: string; object_version: number }>(
      "select object_id, object_version from event where type = 'invoice.issued' and account_id = $1",
      [parseId('acc', order.account_id)],
    )
    t.deepEqual(
      events.map((event) => `${event.object_id} ${event.object_version}`).toSorted(),
      acknowledged.map(({ body }) => `${parseId('inv', body.id)} 2`).toSorted(),
    )
  }
  return { drafts, issueOn, auditOf, assertBooks }
}
