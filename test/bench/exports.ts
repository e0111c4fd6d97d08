import { once } from 'node:events'
import { get, type IncomingMessage } from 'node:http'
import pg from 'pg'
import { compare, type Figure, type Round } from './figure.ts'
import type { InvoicingStage } from './invoicing-stage.ts'
import { firstIssued } from './issue.ts'
import type { Stage } from './stage.ts'

const INVOICES = 10_000
/** On a day of their own, so that an export has them and no others, whatever else was measured before. */
const DAY = '2020-01-31'
const NEXT_DAY = '2020-02-01'

/** Copies of an issued invoice. Their numbers lie far above those of its series, and no ledger knows them. */
const COPY_ISSUED = `
insert into document (bucket, id, tenant_id, mode, document_type, type_code, state, issuer_id, account_id, series_id, currency,
       net_minor, vat_minor, gross_minor, payable_minor, issue_on, content, seq, number, snapshot, snapshot_hash, issued_at,
       created_at)
select bucket, gen_random_uuid(), tenant_id, mode, document_type, type_code, state, issuer_id, account_id, series_id, currency,
       net_minor, vat_minor, gross_minor, payable_minor, '${DAY}', content, 1000000 + n, number || '-' || n, snapshot,
       snapshot_hash, issued_at, created_at
  from document cross join generate_series(1, ?) as copy(n)
 where document.id = ?
`

/** The columns of the export, as PostgreSQL writes them by itself. */
const bareCopy = (tenantId: string) => `
copy (
  select document.number, document.type_code, document.issue_on, document.due_on, said.issuer ->> 'name',
         said.account ->> 'customer_number', said.account ->> 'name', document.currency, total.lines_minor, total.net_minor,
         total.vat_minor, total.gross_minor, total.prepaid_minor, total.rounding_minor, total.payable_minor, paid.minor,
         greatest(open_minor(document.bucket, document.id), 0), said.content ->> 'quote_number', document.external_id
    from document
   cross join lateral json_to_record(document.snapshot::json) as said(issuer json, account json, content json, totals json)
   cross join lateral json_to_record(said.totals) as total(lines_minor bigint, net_minor bigint, vat_minor bigint,
         gross_minor bigint, prepaid_minor bigint, rounding_minor bigint, payable_minor bigint)
   cross join lateral (select coalesce(sum(allocation.amount_minor), 0)::bigint as minor from allocation
         where allocation.bucket = document.bucket and allocation.invoice_id = document.id
           and allocation.payment_id is not null) as paid
   where document.tenant_id = '${tenantId}' and document.mode = 'test' and document.document_type = 'invoice'
     and document.state = 'issued' and document.issue_on >= '${DAY}' and document.issue_on < '${NEXT_DAY}'
   order by document.issue_on, document.id
) to stdout (format csv, header)
`

/** Downloads the CSV export on one side; on the other lets `COPY … TO STDOUT` write the same columns. */
export async function measureExport(stage: Stage, figure: { readonly rounds: number }): Promise<Figure> {
  const invoicing = await stage.invoicing()
  const { knex } = stage.owners.invoicing
  const { id } = await firstIssued(stage, invoicing)
  await knex.raw(COPY_ISSUED, [INVOICES, id])
  await stage.settle()
  const client = new pg.Client({ connectionString: stage.urls.invoicing.url, application_name: 'bench' })
  await client.connect()
  try {
    return await compare({
      name: 'export.csv',
      goal: 0.25,
      baselineUnit: 'rows/s',
      rounds: figure.rounds,
      ours: () => timed(() => download(invoicing)),
      // The driver throws the lines away as they come, which is the least that can be done with them.
      bare: () => timed(() => client.query(bareCopy(stage.tenantId))),
    })
  } finally {
    await client.end()
  }
}

async function timed(work: () => Promise<unknown>): Promise<Round> {
  const startedAt = performance.now()
  await work()
  return { perSecond: (INVOICES * 1_000) / (performance.now() - startedAt) }
}

/** @throws {Error} The manifest at its end is missing, or counts other rows than there are. */
async function download({ port, headers }: InvoicingStage): Promise<void> {
  const request = get({
    port,
    host: '127.0.0.1',
    path: `/v1/exports/invoices.csv?from=${DAY}&until=${NEXT_DAY}`,
    headers,
  })
  const [answer] = (await once(request, 'response')) as [IncomingMessage]
  answer.resume()
  await once(answer, 'end')
  const manifest: { readonly rows: number } | null = JSON.parse(answer.trailers['kontor-manifest'] ?? 'null')
  if (answer.statusCode !== 200 || manifest?.rows !== INVOICES) throw new Error('the export was not whole')
}
