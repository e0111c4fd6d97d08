import { urlFor, withClient } from '@kontor/postgres'
import { kontor } from '../e2e/kontor.ts'
import { tally } from './answers.ts'
import { putBack } from './backup.ts'
import { type Answer, ask, type Customer, lookEverywhere } from './customers.ts'
import type { Stage } from './stage.ts'
import { until, untilReady } from './waiting.ts'

/**
 * Puts the old backup of one database in its place while both processes run and are asked for the person all the time. The
 * comparison is held up by a lock on what it reads, so that what is answered before it can be seen.
 */
export async function restoreUnder(stage: Stage, name: 'vault' | 'keys', person: Customer) {
  const { adminUrl, names, first, second } = stage
  const both = [first, second]
  const asked: Answer[] = []
  let asking = true
  const keepAsking = both.map(async (each) => {
    while (asking) asked.push(...(await lookEverywhere(stage, each, person)))
  })
  // The other database stands as it is: what the comparison reads of it is held.
  const [held, table] = name === 'vault' ? [names.keys, 'tombstone'] : [names.vault, 'erasure']
  const unready = await withClient(urlFor(adminUrl, held), 'erasure drill', async (client) => {
    await client.query(`begin; lock table ${table} in access exclusive mode`)
    await putBack(adminUrl, names[name], `old_${name}`, name)
    for (const each of both) {
      await until(
        `${each.name} noticing the restore`,
        async () => (await ask(stage, each, 'GET', '/ready')).body?.code === 'erasures_replaying',
      )
    }
    const during = (await Promise.all(both.map((each) => lookEverywhere(stage, each, person)))).flat()
    await client.query('rollback')
    return during
  })
  await untilReady(stage, both)
  asking = false
  await Promise.all(keepAsking)
  const refused = unready.every(({ body }) => body?.code === 'erasures_replaying')
  const leaked = asked.filter(({ status }) => status >= 200 && status < 300).length
  return {
    holds: refused && leaked === 0,
    seen: `both processes are not ready, and answer ${tally(unready)}; of ${asked.length} requests meanwhile ${leaked} succeeded`,
  }
}

/** Tells the audit that an older database was put back on purpose, as an operator does. */
export async function acceptRestore({ environment }: Stage): Promise<void> {
  await until('the audit accepting the restore', async () => {
    const { code } = await kontor(['audit', 'accept-restore'], environment).ended
    return code === 0
  })
}
