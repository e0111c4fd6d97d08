import { parseId } from '@kontor/ids'
import pg from 'pg'
import { inParallel } from '../support/in-parallel.ts'
import type { Ending, Stored } from './ledger.ts'
import { opensAs, revealBody } from './request.ts'
import { MUST_BE_EMPTY } from './rows.ts'
import type { VaultUrls } from './stage.ts'
import type { AfterStorm } from './storm.ts'

export interface Verdict {
  /** What is wrong, one sentence each; empty when the vault kept what it promised. */
  readonly faults: readonly string[]
  /** Tokens that were opened, and held what was sent. */
  readonly opened: number
  /** Tokens that were deleted, attached or erased, and of which nothing was found. */
  readonly gone: number
  readonly events: number
  /** Keys that open nothing: made for a token that then was not written. They do no harm. */
  readonly keysWithoutRecord: number
}

/** What is asked of the vault at once. */
const AT_ONCE = 8

/**
 * Looks at the vault after the storm: asks it over HTTP for everything that the clients were told, and reads past it in SQL
 * what no client can see. Nothing is asked twice: a refusal is a fault.
 *
 * @param urls The databases as their owners see them are read.
 */
export async function judge(urls: VaultUrls, after: AfterStorm): Promise<Verdict> {
  const faults = [...after.tally.unexpected, ...faultsInLog(after.log())]
  const fault = (sentence: string) => void faults.push(sentence)
  const asked = await askForEverything(after, fault)
  const vault = new pg.Client({ connectionString: urls.vault.migrationUrl })
  const keys = new pg.Client({ connectionString: urls.keys.migrationUrl })
  await Promise.all([vault.connect(), keys.connect()])
  try {
    for (const db of [vault, keys]) {
      const { rows } = await db.query(DEADLOCKS)
      if (rows.length > 0) fault(`the server had to break a deadlock: ${rows[0].deadlocks} times`)
    }
    for (const [sentence, sql] of MUST_BE_EMPTY) {
      const { rows } = await vault.query(sql)
      if (rows.length > 0) fault(`${sentence}: ${rows.length} times, such as ${JSON.stringify(rows[0])}`)
    }
    const events = await compareWithLedger(vault, after, fault)
    const keysWithoutRecord = await compareWithKeys(vault, keys, fault)
    return { faults: summed(faults), ...asked, events, keysWithoutRecord }
  } finally {
    await Promise.all([vault.end(), keys.end()])
  }
}

type Fault = (sentence: string) => void

const DEADLOCKS = 'select deadlocks from pg_stat_database where datname = current_database() and deadlocks > 0'

/**
 * No defect, and above all no deadlock (40P01), may have been logged, even if no client saw it. A stack on lines of its own is a process that
 * broke; in a record, the code says what it is.
 */
function faultsInLog(log: string): string[] {
  return log
    .split('\n')
    .filter((line) => /40P01|"internal_error"|"integrity_violation"|"level":60|cannot start|^\s+at /.test(line))
}

/** Says once, with a count, what differs only in ids, times and numbers. */
function summed(faults: readonly string[]): string[] {
  const kinds = Map.groupBy(faults, (fault) => fault.replace(/"reqId":"\w+"|_[0-9a-z]{26}|[0-9a-f-]{36}|\d+/g, '#'))
  return [...kinds.values()].map((alike) => (alike.length === 1 ? `${alike[0]}` : `${alike.length} times: ${alike[0]}`))
}

/** Opens every token, repeats every request, and asks for everything that is gone. */
async function askForEverything(after: AfterStorm, fault: Fault): Promise<{ opened: number; gone: number }> {
  const { ledger, urls, apiKey } = after
  const { stored } = ledger
  async function ask(n: number, method: string, path: string, body?: object, headers = {}) {
    const response = await fetch(`${urls[n % urls.length]}${path}`, {
      method,
      headers: {
        authorization: `Bearer ${apiKey}`,
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        ...headers,
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    })
    const text = await response.text()
    return { status: response.status, body: text === '' ? {} : JSON.parse(text) }
  }
  const reveal = (one: Stored, n: number) => ask(n, 'POST', `/v1/tokens/${one.id}/reveal`, revealBody(one))
  const repeat = (one: Stored, n: number) =>
    Promise.all(
      one.intents.map(async ({ idempotencyKey, path, request, status }) => ({
        expected: status,
        ...(await ask(n, 'POST', path, request, { 'idempotency-key': idempotencyKey })),
      })),
    )

  let opened = 0
  let gone = 0
  await inParallel(AT_ONCE, stored.length, async (n) => {
    const one = stored[n] as Stored
    const [read, revealed, repeated] = await Promise.all([
      ask(n, 'GET', `/v1/tokens/${one.id}`),
      reveal(one, n + 1),
      repeat(one, n),
    ])
    if (one.ended !== undefined) {
      const found = [read, revealed, ...repeated].find(({ status, body }) => status !== 410 || body.code !== one.ended)
      if (found) fault(`${one.id} must answer ${one.ended}, and answers ${found.status} ${found.body.code}`)
      else gone++
      return
    }
    if (read.status !== 200)
      fault(`${one.id} was acknowledged, and reading it answers ${read.status} ${read.body.code}`)
    for (const { expected, status, body } of repeated) {
      if (status === expected && body.id === one.id) continue
      fault(`${one.id} was acknowledged, and repeating its request answers ${status} ${body.id ?? body.code}`)
    }
    ledger.revealed(one.id, { acknowledged: revealed.status === 200 ? 1 : 0, sent: 1 })
    if (revealed.status !== 200) {
      fault(`${one.id} was acknowledged, and does not open: ${revealed.status} ${revealed.body.code}`)
    } else if (!opensAs(one, revealed.body)) fault(`${one.id} holds something else than was sent`)
    else opened++
  })
  return { opened, gone }
}

/** What stands on the row of a token that is gone. */
const STATE_AFTER: Readonly<Record<Ending, string>> = {
  token_deleted: 'deleted',
  token_moved: 'moved',
  subject_erased: 'deleted',
}

/** Whether the rows are the acknowledged tokens, no more and no fewer, and the events what was done with them. */
async function compareWithLedger(vault: pg.Client, { ledger, tokens }: AfterStorm, fault: Fault): Promise<number> {
  const { rows } = await vault.query<{ id: string; state: string; reveals: number }>(
    `select token.id, token.state, count(event.id)::int as reveals from token
       left join event on event.bucket = token.bucket and event.object_id = token.id and event.type = 'token.revealed'
      group by token.bucket, token.id, token.state`,
  )
  const rowOf = new Map(rows.map((row) => [row.id, row]))
  const known = new Set<string>()
  for (const { id, ended } of ledger.stored) {
    const uuid = parseId('tok', id)
    const row = rowOf.get(uuid)
    if (known.has(uuid)) fault(`${id} was given for two intents`)
    known.add(uuid)
    const state = ended === undefined ? 'active' : STATE_AFTER[ended]
    if (row?.state !== state) fault(`${id} was acknowledged as ${state}, and is ${row?.state ?? 'lost'}`)
    const { acknowledged, sent } = ledger.revealsOf(id)
    const reveals = row?.reveals ?? 0
    if (reveals < acknowledged) fault(`${id} was revealed ${acknowledged} times, and has ${reveals} events that say so`)
    if (reveals > sent) fault(`${id} has ${reveals} events of a reveal, and ${sent} were asked for`)
  }
  for (const { id } of rows) if (!known.has(id)) fault(`the token ${id} is there, and no intent was told of it`)
  // An attached token is a second one of its job.
  const jobs = ledger.stored.filter(({ movedFrom }) => movedFrom === undefined).length
  if (jobs !== tokens) fault(`${tokens} instruments were settled, and ${jobs} got a token`)
  const { rows: counted } = await vault.query<{ events: number }>('select count(*)::int as events from event')
  return counted[0]?.events ?? 0
}

/** Whether each record has its key, and nobody who is gone left one. */
async function compareWithKeys(vault: pg.Client, keys: pg.Client, fault: Fault): Promise<number> {
  const { rows: deks } = await keys.query<{ subject_id: string; version: number }>(
    'select subject_id, version from dek',
  )
  const versions = new Set(deks.map(({ subject_id, version }) => `${subject_id}.${version}`))
  const { rows: tokens } = await vault.query<{ id: string; subject_id: string; dek_version: number; state: string }>(
    'select id, subject_id, dek_version, state from token',
  )
  const subjects = new Set(deks.map(({ subject_id }) => subject_id))
  const used = new Set<string>()
  for (const { id, subject_id, dek_version, state } of tokens) {
    const key = `${subject_id}.${dek_version}`
    used.add(key)
    if (state === 'active' && !versions.has(key)) fault(`the record of the token ${id} has no key`)
    if (state !== 'active' && subject_id === id && subjects.has(id))
      fault(`the key of the token ${id}, which is gone, is left`)
  }
  const { rows: erased } = await vault.query<{ id: string }>(`select id from data_subject where state = 'erased'`)
  for (const { id } of erased) if (subjects.has(id)) fault(`the key of the erased customer ${id} is left`)
  return deks.filter(({ subject_id, version }) => !used.has(`${subject_id}.${version}`)).length
}
