import { setTimeout as pause } from 'node:timers/promises'
import { connect } from '@kontor/postgres'

/** Between two changes: often enough to meet some issues between reading and drawing, and not all of them again and again. */
const PAUSE_MS = 100

/** A draft, whichever it is, gets another version, as any change of it gives. */
const CHANGE_SQL = `
update document set version = version + 1
 where (bucket, id) in (select bucket, id from document where state = 'draft' order by random() limit 1 for update skip locked)
`

/**
 * Changes drafts in the database all the while, as a person at a screen would: an issue that has read what no longer stands there
 * must take no number.
 *
 * @param url The invoicing database as its owner sees it.
 */
export function meddle(url: string): { stop(): Promise<number> } {
  const database = connect({ url, max: 1, applicationName: 'numbers-meddler', acquireTimeoutMs: 2_000 })
  let going = true
  let changed = 0
  const run = (async () => {
    while (going) {
      // The server is crashed on purpose at times; then there is nothing to change.
      await database.knex.raw(CHANGE_SQL).then(
        ({ rowCount }) => {
          changed += rowCount
        },
        () => undefined,
      )
      await pause(PAUSE_MS)
    }
  })()
  let stopping: Promise<number> | undefined
  return {
    stop() {
      going = false
      stopping ??= run.then(() => database.close()).then(() => changed)
      return stopping
    },
  }
}
