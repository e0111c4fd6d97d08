import { parseId } from '@kontor/ids'
import { urlFor, withClient } from '@kontor/postgres'
import { onlyErased, tally } from './answers.ts'
import { type Customer, erase, lookEverywhere } from './customers.ts'
import { rowsOf } from './remains.ts'
import type { Stage } from './stage.ts'
import { until, untilReady } from './waiting.ts'

/** Kills a process when the data of a customer are destroyed and the keys are not, and starts it again. */
export async function killInTheMiddle(
  stage: Stage,
  customer: Customer,
): Promise<[step: string, holds: boolean, seen: string][]> {
  const { adminUrl, names, first, second } = stage
  await second.stop()
  const account = parseId('acc', customer.account)
  const [vaultUrl, keysUrl] = [urlFor(adminUrl, names.vault), urlFor(adminUrl, names.keys)]
  const [{ id: subject = '' } = {}] = await rowsOf<{ id: string }>(
    vaultUrl,
    'select id from data_subject where account_id = $1',
    [account],
  )
  const keysLeft = async () => (await rowsOf(keysUrl, 'select from dek where subject_id = $1', [subject])).length
  const before = await withClient(keysUrl, 'erasure drill', async (client) => {
    await client.query('begin; lock table tombstone in share mode')
    const answer = erase(stage, first, customer)
    await until(
      'the destruction of the data',
      async () =>
        (await rowsOf(vaultUrl, `select from data_subject where id = $1 and state = 'erased'`, [subject])).length === 1,
    )
    await first.kill()
    await client.query('rollback')
    return { status: (await answer).status, keys: await keysLeft() }
  })
  await first.start()
  await untilReady(stage, [first])
  const after = await lookEverywhere(stage, first, customer)
  const completed = await rowsOf(vaultUrl, 'select from erasure where subject_id = $1 and receipt is not null', [
    subject,
  ])
  await second.start()
  const receipts = [await erase(stage, first, customer), await erase(stage, second, customer)]
  return [
    [
      'kill between data and keys',
      before.status === 0 && before.keys === 1,
      `the request is not answered, ${before.keys} key is left`,
    ],
    [
      'start again',
      (await keysLeft()) === 0 && completed.length === 1 && onlyErased(after),
      `before it is ready the erasure is complete: ${tally(after)}`,
    ],
    [
      'its receipt',
      receipts[0]?.status === 200 && receipts[0].text === receipts[1]?.text,
      'both processes answer the same',
    ],
  ]
}
