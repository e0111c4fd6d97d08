import type { InvoicingUnderTest } from '../../../../test/support/invoicing.ts'

/**
 * Waits until whatever was committed by now lies below every running transaction of the server, on which other tests run as well:
 * until then no reader of events sees it.
 */
export async function settled({ sql }: Pick<InvoicingUnderTest, 'sql'>): Promise<void> {
  const [now] = await sql<{ tx: string }>('select pg_current_xact_id()::text as tx')
  for (let n = 0; n < 3_000; n++) {
    const [row] = await sql<{ over: boolean }>('select pg_snapshot_xmin(pg_current_snapshot()) > $1::xid8 as over', [
      now?.tx,
    ])
    if (row?.over) return
    await new Promise((resolve) => setTimeout(resolve, 10))
  }
  throw new Error('a transaction does not end')
}
