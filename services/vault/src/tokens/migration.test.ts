import { randomBytes } from 'node:crypto'
import { copyFile, mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { newUuid, toBucket } from '@kontor/ids'
import { migrate, withClient } from '@kontor/postgres'
import test from 'ava'
import { emptyDatabase } from '../../../../test/support/database.ts'

const MIGRATIONS = fileURLToPath(new URL('../../../../db/vault/', import.meta.url))
const BUCKET = toBucket(77)
const newId = () => newUuid(BUCKET, Date.now(), randomBytes)
const silent = () => {}

test('tokens that were there before get their claims: one for each number and subject, for the oldest', async (t) => {
  const directory = await mkdtemp(join(tmpdir(), 'kontor-migrations-'))
  t.teardown(() => rm(directory, { recursive: true }))
  for (const file of await readdir(MIGRATIONS)) {
    if (/^000[123]_.*\.sql$/.test(file)) await copyFile(join(MIGRATIONS, file), join(directory, file))
  }
  const { migrationUrl } = await emptyDatabase('vault')
  await migrate(migrationUrl, directory, silent)
  const query = (sql: string, values: unknown[] = []) =>
    withClient(migrationUrl, 'kontor test', async (client) => (await client.query(sql, values)).rows)

  const [tenant, subject] = [newId(), newId()]
  await query(`insert into tenant (id, slug, name) values ($1, 'shop', 'Shop')`, [tenant])
  await query(`insert into data_subject (bucket, id, tenant_id, mode, account_id) values ($1, $2, $3, 'test', $2)`, [
    BUCKET,
    subject,
    tenant,
  ])
  const fingerprints = [Buffer.alloc(32, 0xab), Buffer.alloc(32, 0x01)] as const
  async function token(number: Buffer, account: string | null, state = 'active'): Promise<string> {
    const id = newId()
    const live = state === 'active'
    await query(
      `insert into token (bucket, id, tenant_id, mode, account_id, subject_id, type, state, brand, last_four, expiry_month,
         expiry_year, record, dek_version, number_fingerprint, full_fingerprint, idempotency_hmac, created_at, deleted_at)
       values ($1, $2, $3, 'test', $4, $5, 'card', $6, $7, $8, $9, $10, $11, 1, $12, $12, $13, now(), $14)`,
      [
        BUCKET,
        id,
        tenant,
        account,
        account ?? id,
        state,
        ...(live ? ['visa', '4242', 12, 2030, 'record', number] : Array(6).fill(null)),
        randomBytes(32),
        live ? null : new Date(),
      ],
    )
    return id
  }
  const ofNumber = [await token(fingerprints[0], subject), await token(fingerprints[0], subject)].sort()
  const other = await token(fingerprints[1], subject)
  const guest = await token(fingerprints[0], null)
  const deleted = await token(fingerprints[0], null, 'deleted')

  const ran = await migrate(migrationUrl, MIGRATIONS, silent)
  t.true(ran.includes('0004_duplicate_and_life.sql'))
  const claims = await query(
    'select bucket, fingerprint, subject_id, tenant_id, mode, token_id from instrument_claim order by fingerprint, token_id',
  )
  const claim = (bucket: number, fingerprint: Buffer, of: string, token_id: string | undefined) => ({
    bucket,
    fingerprint,
    subject_id: of,
    tenant_id: tenant,
    mode: 'test',
    token_id,
  })
  t.deepEqual(claims, [
    claim(0x010, fingerprints[1], subject, other),
    ...[claim(0xaba, fingerprints[0], subject, ofNumber[0]), claim(0xaba, fingerprints[0], guest, guest)].sort(
      (a, b) => ((a.token_id ?? '') < (b.token_id ?? '') ? -1 : 1),
    ),
  ])
  const tokens = await query('select id, state, expires_at, key_pending from token')
  t.is(tokens.length, 5)
  t.like(
    tokens.find(({ id }) => id === deleted),
    { state: 'deleted', expires_at: null, key_pending: false },
  )
})
