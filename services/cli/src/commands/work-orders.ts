import { accountOfJob, countOrders } from '../job/account-of-job.ts'
import { apiClient } from '../job/api-client.ts'
import { runJob } from '../job/job.ts'
import { openOutFolder } from '../job/out-folder.ts'
import type { OrderSummary } from '../job/summary.ts'
import type { OrderFile } from '../orders/read-orders.ts'
import type { Screen } from '../terminal/screen.ts'
import { shownPath } from '../terminal/shown-path.ts'

/** The services, and as whom they are called. */
export interface Access {
  readonly vaultUrl: string
  readonly invoicingUrl: string
  readonly vaultKey: string
  readonly invoicingKey: string
}

/** What a program gets with `--json`. */
export interface WorkedOrders {
  readonly orders: readonly OrderSummary[]
  readonly out: string
  readonly csv: string
  readonly summary: string
}

/**
 * Works through orders with progress on the screen.
 *
 * @returns What came of it, for a program and as lines for a person.
 */
export async function workOrders(
  files: readonly OrderFile[],
  work: { readonly access: Access; readonly outFolder: string; readonly cwd: string },
  { screen, signal }: { readonly screen: Screen; readonly signal: AbortSignal },
): Promise<{ readonly worked: WorkedOrders; readonly lines: readonly string[]; readonly failed: boolean }> {
  const { access, cwd } = work
  const out = await openOutFolder(work.outFolder)
  const startedMs = performance.now()
  const result = await runJob(files, {
    connect: (callsEnd) => ({
      vault: apiClient({ service: 'vault', baseUrl: access.vaultUrl, apiKey: access.vaultKey, signal: callsEnd }),
      invoicing: apiClient({
        service: 'invoicing',
        baseUrl: access.invoicingUrl,
        apiKey: access.invoicingKey,
        signal: callsEnd,
      }),
    }),
    out,
    signal,
    onProgress: (done, total) => {
      const seconds = ((performance.now() - startedMs) / 1_000).toFixed(1)
      screen.progress(`Orders        ${done} of ${total} done after ${seconds} s`)
    },
  })
  const { orders, csv, summary } = result
  const worked: WorkedOrders = { orders, out: out.path, csv, summary }
  const folder = shownPath(cwd, out.path)
  const pdfs = orders.filter(({ pdf }) => pdf !== null).length
  return {
    worked,
    lines: [
      '',
      ...accountOfJob(result, screen.columns),
      countOrders(orders),
      '',
      `Files         ${folder}: ${pdfs} PDFs named after their orders, invoices.csv, summary.json`,
    ],
    // An order that is refused is answered; one that met a defect is not.
    failed: orders.some(({ error }) => error !== null && error.status >= 500),
  }
}
