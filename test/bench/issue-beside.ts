import { compare, type Figure, type Round, type RoundLimits, supplyOf } from './figure.ts'
import type { InvoicingStage } from './invoicing-stage.ts'
import { issueRequest } from './issue.ts'
import { callers } from './load.ts'
import { onStage, type Stage } from './stage.ts'

interface BesideFigure {
  readonly name: string
  readonly goal: number
  /** Issues in a round at most; a round ends after half a second. */
  readonly most: number
  readonly rounds: number
}

/** One caller of the service as it is, beside one of the same service that draws and reads nothing together. */
export async function measureAlone(stage: Stage, figure: BesideFigure): Promise<Figure> {
  const invoicing = await stage.invoicing()
  const plain = await invoicing.uncoalesced()
  const [ours, theirs] = [invoicing.accounts.slice(0, 1), invoicing.accounts.slice(-1)]
  const total = figure.most * (figure.rounds + 1)
  const sides = [
    await issuer(invoicing, invoicing.port, await invoicing.moreDrafts(ours, total), 1),
    await issuer(invoicing, plain.port, await invoicing.moreDrafts(theirs, total), 1),
  ] as const
  await stage.settle()
  return compareSides(figure, sides).finally(() => plain.stop())
}

export interface ScaleFigure extends BesideFigure {
  /** Issued documents that are there before anything is measured, on either side. */
  readonly small: number
  readonly large: number
}

/** 32 callers on a thousand accounts, in a database with many documents beside one with few: each has a server of its own. */
export function measureScale(stage: Stage, figure: ScaleFigure): Promise<Figure> {
  const log = (line: string) => console.error(line)
  return onStage({ profileFolder: undefined, log }, async (second) => {
    const sides = [await filled(second, figure.large, figure), await filled(stage, figure.small, figure)] as const
    return compareSides(figure, sides)
  })
}

async function filled(stage: Stage, documents: number, { most, rounds }: ScaleFigure): Promise<Side> {
  const invoicing = await stage.invoicing()
  for (const statement of FILL)
    await stage.owners.invoicing.knex.raw(statement, { each: documents / invoicing.accounts.length })
  const drafts = await invoicing.moreDrafts(invoicing.accounts, most * (rounds + 1))
  await stage.settle()
  return issuer(invoicing, invoicing.port, drafts, 32)
}

/** One side: issues what it was given, a round at a time. */
interface Side {
  run(limits: RoundLimits): Promise<Round>
  close(): void
}

async function issuer(
  invoicing: InvoicingStage,
  port: number,
  drafts: readonly string[],
  count: number,
): Promise<Side> {
  const supply = supplyOf(drafts.map((id) => issueRequest(invoicing, id)))
  const clients = await callers(port, count)
  return { run: (limits) => clients.run(supply, limits), close: () => clients.close() }
}

async function compareSides(figure: BesideFigure, [ours, theirs]: readonly [Side, Side]): Promise<Figure> {
  const limits = { seconds: 0.5, most: figure.most }
  try {
    return await compare({
      ...figure,
      baselineUnit: 'issues/s',
      ours: () => ours.run(limits),
      bare: () => theirs.run(limits),
    })
  } finally {
    ours.close()
    theirs.close()
  }
}

/** An id in the bucket of the account, as the service makes them. */
const id = (of: string) =>
  `overlay(account.id::text placing right(md5(account.id::text || '${of}' || n), 12) from 25)::uuid`
const EACH =
  'series join account on account.bucket = series.bucket and account.id = series.account_id cross join generate_series(1, :each::int) as n'
const NUMBER = 'series.prefix || (series.next_seq - 1 + n)'

/**
 * Issued documents of every account, with every row and index entry that an issue writes. What they say is short: what is measured
 * is whether finding a place among them takes longer.
 */
const FILL = [
  `insert into document (bucket, id, tenant_id, mode, document_type, type_code, state, issuer_id, account_id, series_id, currency,
          net_minor, vat_minor, gross_minor, payable_minor, issue_on, content, seq, number, snapshot, snapshot_hash, issued_at,
          created_at, version)
   select account.bucket, ${id('document')}, account.tenant_id, account.mode, 'invoice', '380', 'issued', series.issuer_id,
          account.id, series.id, 'CHF', 0, 0, 0, 0, date '2026-01-01', '{}', series.next_seq - 1 + n, ${NUMBER}, '{}',
          sha256('{}'), now(), now(), 2
     from ${EACH}`,
  `insert into number_ledger (bucket, series_id, seq, tenant_id, document_bucket, document_id, number, snapshot_hash, issue_on, issued_at)
   select series.bucket, series.id, series.next_seq - 1 + n, series.tenant_id, account.bucket, ${id('document')}, ${NUMBER},
          sha256('{}'), date '2026-01-01', now()
     from ${EACH}`,
  `insert into unique_name (bucket, tenant_id, mode, kind, value, target_id)
   select (get_byte(digest.bytes, 0) << 4) | (get_byte(digest.bytes, 1) >> 4), series.tenant_id, series.mode, 'document_number',
          series.issuer_id || '/' || ${NUMBER}, ${id('document')}
     from ${EACH}
    cross join lateral (select sha256(convert_to(series.tenant_id || '/' || series.mode || '/document_number/' ||
          series.issuer_id || '/' || ${NUMBER}, 'UTF8')) as bytes) as digest`,
  `insert into event (bucket, id, tenant_id, mode, type, account_id, object_id, object_version, actor_key_id, at)
   select account.bucket, ${id('event')}, account.tenant_id, account.mode, 'invoice.issued', account.id, ${id('document')}, 2,
          account.id, now()
     from ${EACH}`,
  `insert into idempotency (bucket, key_hmac, tenant_id, request_hmac, status, answer)
   select account.bucket, sha256(convert_to(${id('document')}::text, 'UTF8')), account.tenant_id, sha256('{}'), 200, '{}'
     from ${EACH}`,
  `update series set next_seq = next_seq + :each::int, last_issued_on = greatest(last_issued_on, date '2026-01-01')`,
]
