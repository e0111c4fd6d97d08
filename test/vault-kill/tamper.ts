import { parseId } from '@kontor/ids'
import pg from 'pg'
import type { Stored } from './ledger.ts'
import type { VaultUrls } from './stage.ts'
import type { AfterStorm } from './storm.ts'

/**
 * Does to the vault what must never happen to it: every sentence of the verdict has its crime here, and each crime has
 * victims of its own.
 *
 * @returns What the clients were told, falsified as well.
 */
export async function tamper(urls: VaultUrls, after: AfterStorm): Promise<AfterStorm> {
  const { ledger } = after
  const victims = ledger.stored.filter(({ ended }) => ended === undefined)
  const isGuest = ({ account }: Stored) => account === undefined
  const take = (is: (one: Stored) => boolean = () => true): Stored => {
    const at = victims.findIndex(is)
    if (at < 0) throw new Error('there are too few tokens to do harm to')
    return victims.splice(at, 1)[0] as Stored
  }
  const uuid = ({ id }: Stored) => parseId('tok', id)
  const buried = ledger.stored.filter(({ ended }) => ended === 'token_deleted')
  const [exhumed, silenced] = buried as [Stored, Stored]
  const buriedGuest = buried.find(isGuest) as Stored
  const forgotten = ledger.stored.find(({ ended }) => ended === 'subject_erased') as Stored

  const vault = new pg.Client({ connectionString: urls.vault.migrationUrl })
  const keys = new pg.Client({ connectionString: urls.keys.migrationUrl })
  await Promise.all([vault.connect(), keys.connect()])
  try {
    await vault.query(DROP_GUARDS)
    const harm = (sql: string, ...whom: Stored[]) => vault.query(sql, whom.map(uuid))
    await harm('delete from token where id = $1', take())
    await harm('update token set record = (select record from token where id = $2) where id = $1', take(), take())
    await harm(`update token set last_four = '4242' where id = $1`, exhumed)
    await harm('update token set metadata = (select metadata from token where id = $2) where id = $1', take(), take())
    await harm(`delete from event where type = 'token.created' and object_id = $1`, take())
    await harm(`delete from event where type = 'token.deleted' and object_id = $1`, silenced)
    await harm(`update event set type = 'token.deleted' where type = 'token.created' and object_id = $1`, take())
    await harm('update token set version = 7 where id = $1', take())
    await harm(`delete from event where type = 'token.revealed' and object_id = $1`, take())
    await harm(`update event set type = 'token.revealed' where type = 'token.created' and object_id = $1`, take())
    await harm('delete from instrument_claim where token_id = $1', take())
    await harm('update instrument_claim set token_id = $1 where token_id = $2', exhumed, take())
    await harm(
      "delete from event where type = 'account.erased' and subject_id = (select subject_id from token where id = $1)",
      forgotten,
    )
    await harm(
      `insert into intent_answer (bucket, idempotency_hmac, tenant_id, mode, token_id, request_hmac, status, answer, created_at)
       select bucket, sha256('key'), tenant_id, mode, id, sha256('request'), 200, '{}', now() from token where id = $1`,
      exhumed,
    )
    await keys.query('delete from dek where subject_id = $1', [uuid(take(isGuest))])
    const { rows } = await harm('select subject_id from token where id = $1', forgotten)
    await keys.query('alter table dek disable trigger user')
    for (const subject of [uuid(buriedGuest), rows[0].subject_id]) {
      await keys.query(
        `insert into dek (bucket, subject_id, version, tenant_id, kek_version, wrapped)
       select bucket, $1, 1, tenant_id, kek_version, wrapped from dek limit 1`,
        [subject],
      )
    }
  } finally {
    await Promise.all([vault.end(), keys.end()])
  }
  const mistaken = take()
  mistaken.opens = { ...mistaken.opens, holder: { name: 'Somebody Else' } }
  take().ended = 'token_deleted'
  ledger.store({ ...take(), intents: [] })
  after.tally.unexpected.push('POST /v1/tokens was answered with 500 internal_error')
  return { ...after, log: () => `${after.log()}\n{"level":60,"msg":"cannot go on"}\n` }
}

/** The database refuses most of this by itself, so its guards have to go first. */
const DROP_GUARDS = `
  do $$
  declare guard record;
  begin
    for guard in select conname from pg_constraint where conrelid = 'token'::regclass and contype in ('c', 'f') loop
      execute format('alter table token drop constraint %I', guard.conname);
    end loop;
  end $$;`

/**
 * Gives two tokens of one account one Idempotency-Key. A crime of its own: without the index that forbids it, the vault can
 * write nothing more.
 */
export async function doubleKey(urls: VaultUrls): Promise<void> {
  const vault = new pg.Client({ connectionString: urls.vault.migrationUrl })
  await vault.connect()
  try {
    await vault.query(`
      drop index token_idempotency;
      update token set idempotency_hmac = (
        select other.idempotency_hmac from token other where other.bucket = token.bucket and other.id <> token.id limit 1)
      where id = (select min(id::text)::uuid from token
        where bucket = (select bucket from token group by bucket having count(*) > 1 limit 1))`)
  } finally {
    await vault.end()
  }
}
