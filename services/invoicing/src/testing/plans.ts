import type { InvoicingUnderTest } from '../../../../test/support/invoicing.ts'

/**
 * How the database would do what the service asks it for meanwhile, were its tables as large as they become: of a handful of rows it
 * reads all, whatever index there is.
 */
export async function plansOf({ database }: InvoicingUnderTest, work: () => Promise<unknown>): Promise<string[]> {
  const asked: { sql: string; bindings: readonly unknown[] }[] = []
  const note = (query: (typeof asked)[number]) => void asked.push(query)
  database.knex.on('query', note)
  await work()
  database.knex.off('query', note)
  return database.knex.transaction(async (tx) => {
    for (const way of ['seqscan', 'sort', 'bitmapscan', 'hashjoin', 'mergejoin', 'incremental_sort']) {
      await tx.raw(`set local enable_${way} = off`)
    }
    const plans: string[] = []
    for (const { sql, bindings } of asked) {
      if (!/^\s*select/i.test(sql)) continue
      const { rows }: { rows: Record<string, string>[] } = await tx.raw(`explain ${sql.replace(/\$\d+/g, '?')}`, [
        ...bindings,
      ] as string[])
      plans.push(rows.flatMap((row) => Object.values(row)).join('\n'))
    }
    return plans
  })
}
