import type { Database } from '@kontor/postgres'

type Asked = { readonly sql: string; readonly bindings: readonly unknown[] | Readonly<Record<string, unknown>> }

/**
 * How the database would read something, were its tables as large as they become: of a handful of rows it reads all, whatever index
 * there is.
 */
export async function planOf(database: Database, { sql, bindings }: Asked): Promise<string> {
  return database.knex.transaction(async (tx) => {
    for (const way of ['seqscan', 'sort', 'bitmapscan', 'hashjoin', 'mergejoin', 'incremental_sort']) {
      await tx.raw(`set local enable_${way} = off`)
    }
    const { rows }: { rows: Record<string, string>[] } = await tx.raw(`explain ${sql}`, bindings as string[])
    return rows.flatMap((row) => Object.values(row)).join('\n')
  })
}

/** How the database would read each list that the service asks it for meanwhile. */
export async function plansOf(
  { database }: { readonly database: Database },
  work: () => Promise<unknown>,
): Promise<string[]> {
  const asked: Asked[] = []
  const note = (query: Asked) => void asked.push(query)
  database.knex.on('query', note)
  await work()
  database.knex.off('query', note)
  const plans: string[] = []
  for (const { sql, bindings } of asked) {
    if (/^\s*select/i.test(sql)) plans.push(await planOf(database, { sql: sql.replace(/\$\d+/g, '?'), bindings }))
  }
  return plans
}
