import { type Client, withClient } from '@kontor/postgres'
import { type Queue, schemaOf } from './queue.ts'

/** First half of the advisory locks by which workers show that they live; the second is a hash of the worker's name. */
const LIFE_LOCK = 0x6c69_6665 // "life"
/** How long the jobs of a killed process wait for another one, about. */
const LOOK_EVERY_MS = 2_000
const RECONNECT_MS = 250

/**
 * A session of the server ends with its process, but with a machine that is cut off only when the server notices: after
 * 10 s of silence and three unanswered questions.
 */
const NOTICE_SQL = 'set tcp_keepalives_idle = 10; set tcp_keepalives_interval = 5; set tcp_keepalives_count = 3'

const freeSql = (schema: string): string => `
select ${schema}.force_unlock_workers(array_agg(held.locked_by)) from (
  select distinct locked_by from ${schema}._private_jobs where locked_by is not null and locked_by <> $2
) as held
 where pg_try_advisory_xact_lock($1, hashtext(held.locked_by))
having count(*) > 0`

/**
 * Holds a lock for as long as this process lives, and frees the jobs of those that hold none any more: the library itself would leave
 * a killed process its jobs for four hours.
 *
 * Whoever lost only its connection may see its jobs done a second time by another. So every job must be one that can be done twice.
 *
 * @param worker The name under which the process takes jobs of the queue.
 */
export function keepAlive(
  url: string,
  { queue, worker }: { readonly queue: Queue; readonly worker: string },
  onError: (error: unknown) => void,
): { stop(): Promise<void> } {
  const sql = freeSql(schemaOf(queue))
  let stopping = false
  let wake = () => {}
  const pause = (ms: number) =>
    new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, ms)
      wake = () => {
        clearTimeout(timer)
        resolve()
      }
    })
  const live = async (client: Client) => {
    await client.query(NOTICE_SQL)
    await client.query('select pg_advisory_lock($1, hashtext($2))', [LIFE_LOCK, worker])
    while (!stopping) {
      await client.query(sql, [LIFE_LOCK, worker])
      await pause(LOOK_EVERY_MS)
    }
  }
  const ended = (async () => {
    while (!stopping) {
      await withClient(url, 'kontor jobs (life)', live).catch(async (error) => {
        onError(error)
        if (!stopping) await pause(RECONNECT_MS)
      })
    }
  })()
  return {
    stop() {
      stopping = true
      wake()
      return ended
    },
  }
}
