import { createHash, randomBytes, randomInt } from 'node:crypto'
import { bucketFromBytes, bucketOf, bucketSource, formatId, newUuid } from '@kontor/ids'
import { compare, type Figure, type Supply, supplyOf } from './figure.ts'
import { callers, httpRequest, newKey } from './load.ts'
import { rawClients, type Statement } from './raw.ts'
import type { Stage } from './stage.ts'
import { PURPOSE, type VaultStage } from './vault-stage.ts'

const ACCOUNTS = 1_000
/** All that a card has. */
const FIELDS = ['number', 'expiry', 'holder_name']
/** Long enough to hold some collections of garbage on either side. */
export const ROUND = { seconds: 2, most: 16_000 }
/** It takes some ten thousand requests until V8 has compiled what it will. */
export const WARM_UP_MOST = 14
const FILL = { seconds: 30, most: ACCOUNTS }

/** The rows of one token, written bare: the same columns, checks and indexes, in one statement and so in one transaction. */
const TOKEN_SQL = `
with claimed as (
  insert into instrument_claim (bucket, fingerprint, subject_id, tenant_id, mode, token_id)
  values ($17, $8, $18, $3, 'test', $2)
), made as (
  insert into token (bucket, id, tenant_id, mode, account_id, subject_id, type, brand, bin, last_four, expiry_month,
         expiry_year, metadata, record, dek_version, number_fingerprint, full_fingerprint, idempotency_hmac, request_hmac,
         version, created_at)
  values ($1, $2, $3, 'test', $4, $18, 'card', 'visa', $5, $6, 12, 2031, '{}', $7, 1, $8, $9, $10, $11, 1, $12)
)
insert into bare_event (bucket, id, tenant_id, mode, type, subject_id, object_id, object_version, actor_key_id, request_id, at, mac)
values ($1, $13, $3, 'test', 'token.created', $18, $2, 1, $14, $15, $12, $16)
`

const RECORD_SQL = `
select token.id, token.tenant_id, token.mode, token.account_id, token.type, token.brand, token.bin, token.last_four,
       token.expiry_month, token.expiry_year, token.metadata, token.version, token.created_at, token.state,
       data_subject.state as subject_state, token.record, token.dek_version
  from token left join data_subject on data_subject.bucket = token.bucket and data_subject.id = token.subject_id
 where token.bucket = $1 and token.id = $2 and token.tenant_id = $3 and token.mode = 'test'
`

const REVEALED_SQL = `
insert into bare_event (bucket, id, tenant_id, mode, type, subject_id, object_id, object_version, actor_key_id, purpose, request_id,
       at, mac)
values ($1, $2, $3, 'test', 'token.revealed', $4, $5, 1, $6, $7, $8, $9, $10)
`

/** A token that is stored, and whose it is. */
export interface StoredToken {
  readonly id: string
  readonly accountId: string
  readonly subjectId: string
}

/** The accounts' first tokens, which also make the rows of the accounts and their keys. */
export interface Filled {
  readonly tokens: readonly StoredToken[]
  /** As it stands on a row, so that the bare side writes as many bytes. */
  readonly record: string
}

const filled = new WeakMap<VaultStage, Promise<Filled>>()

/** Tokenizes cards of a thousand accounts over HTTP on one side; on the other the bare rows over as many connections. */
export async function measureTokenize(
  stage: Stage,
  options: { readonly name: string; readonly goal: number; readonly callers: number; readonly rounds: number },
): Promise<Figure> {
  const vault = await stage.vault()
  const { tokens, record } = await fill(stage, vault)
  let made = 0
  const nextOf = () => tokens[made++ % ACCOUNTS] as StoredToken
  await stage.settle()
  const clients = await callers(vault.ports, options.callers)
  const raw = await rawClients(stage.urls.vault.url, options.callers)
  try {
    return await compare({
      ...options,
      warmUpMost: WARM_UP_MOST,
      baselineUnit: 'tokens/s',
      ours: () =>
        clients.run(
          prepared(() => tokenRequest(vault, nextOf().accountId)),
          ROUND,
        ),
      bare: () =>
        raw.run(
          prepared(() => [bareToken(stage, vault, nextOf(), record)]),
          ROUND,
        ),
    })
  } finally {
    clients.close()
    await raw.close()
  }
}

/** What a round may need, made before it begins. */
export function prepared<T>(make: () => T): Supply<T> {
  return supplyOf(Array.from({ length: ROUND.most }, make))
}

/** Reveals cards over HTTP on one side; on the other reads the row and writes the event, bare. */
export async function measureReveal(
  stage: Stage,
  options: { readonly name: string; readonly goal: number; readonly callers: number; readonly rounds: number },
): Promise<Figure> {
  const vault = await stage.vault()
  const { tokens } = await fill(stage, vault)
  const requests = revealsOf(vault, tokens)
  let made = 0
  const nextReveal = () => bareReveal(stage, vault, tokens[made++ % tokens.length] as StoredToken)
  await stage.settle()
  const clients = await callers(vault.ports, options.callers)
  const raw = await rawClients(stage.urls.vault.url, options.callers)
  try {
    return await compare({
      ...options,
      warmUpMost: WARM_UP_MOST,
      baselineUnit: 'reveals/s',
      ours: () => clients.run(requests, ROUND),
      bare: () => raw.run(prepared(nextReveal), ROUND),
    })
  } finally {
    clients.close()
    await raw.close()
  }
}

/** Reveals of these tokens in turn, without end: a token may be revealed as often as one likes. */
export function revealsOf(vault: VaultStage, tokens: readonly StoredToken[]): Supply<Buffer> {
  return cycle(
    tokens.map(({ id }) =>
      httpRequest('POST', `/v1/tokens/${formatId('tok', id)}/reveal`, vault.headers, {
        fields: FIELDS,
        purpose: PURPOSE,
      }),
    ),
  )
}

export function fill(stage: Stage, vault: VaultStage): Promise<Filled> {
  const known = filled.get(vault)
  if (known) return known
  const filling = makeFirstTokens(stage, vault)
  filled.set(vault, filling)
  return filling
}

async function makeFirstTokens(stage: Stage, vault: VaultStage): Promise<Filled> {
  const drawBucket = bucketSource(randomBytes)
  const requests = Array.from({ length: ACCOUNTS }, () =>
    tokenRequest(vault, newUuid(drawBucket(), Date.now(), randomBytes)),
  )
  const clients = await callers(vault.ports, 16)
  await clients.run(supplyOf(requests), FILL)
  clients.close()
  const rows: { id: string; account_id: string; subject_id: string; record: string }[] = await stage.owners.vault
    .knex('token')
    .select('id', 'account_id', 'subject_id', 'record')
  const [first] = rows
  if (!first || rows.length < ACCOUNTS) throw new Error('the vault was not filled in time')
  return {
    tokens: rows.map((row) => ({ id: row.id, accountId: row.account_id, subjectId: row.subject_id })),
    record: first.record,
  }
}

export function tokenRequest({ headers }: VaultStage, accountId: string): Buffer {
  return httpRequest(
    'POST',
    '/v1/tokens',
    { ...headers, 'idempotency-key': newKey() },
    {
      type: 'card',
      account_id: formatId('acc', accountId),
      card: { number: cardNumber(), expiry_month: 12, expiry_year: 2031 },
      holder: { name: 'Erika Mustermann' },
    },
  )
}

/** A number that looks like a card's: 4, fourteen random digits, and the check digit that Luhn asks for. */
function cardNumber(): string {
  const digits = `4${String(randomInt(10 ** 14)).padStart(14, '0')}`
  const sum = [...digits].reduce((total, digit, index) => {
    const weighted = Number(digit) * (index % 2 === 0 ? 2 : 1)
    return total + (weighted > 9 ? weighted - 9 : weighted)
  }, 0)
  return `${digits}${(10 - (sum % 10)) % 10}`
}

function bareToken(stage: Stage, vault: VaultStage, { accountId, subjectId }: StoredToken, record: string): Statement {
  const bucket = bucketOf(accountId)
  const now = new Date()
  const random = randomBytes(160)
  const hmac = (n: number) => random.subarray(n * 32, n * 32 + 32)
  return {
    name: 'bare_token',
    text: TOKEN_SQL,
    values: [
      bucket,
      newUuid(bucket, now.getTime(), randomBytes),
      stage.tenantId,
      accountId,
      '42424242',
      '4242',
      record,
      hmac(0),
      hmac(1),
      hmac(2),
      hmac(3),
      now,
      newUuid(bucket, now.getTime(), randomBytes),
      vault.keyId,
      randomBytes(12).toString('hex'),
      hmac(4),
      bucketFromBytes(hmac(0)),
      subjectId,
    ],
  }
}

function bareReveal(stage: Stage, vault: VaultStage, { id, subjectId }: StoredToken): Statement[] {
  const bucket = bucketOf(id)
  const now = new Date()
  return [
    { name: 'bare_record', text: RECORD_SQL, values: [bucket, id, stage.tenantId] },
    {
      name: 'bare_revealed',
      text: REVEALED_SQL,
      values: [
        bucket,
        newUuid(bucket, now.getTime(), randomBytes),
        stage.tenantId,
        subjectId,
        id,
        vault.keyId,
        PURPOSE,
        randomBytes(12).toString('hex'),
        now,
        createHash('sha256').update(id).digest(),
      ],
    },
  ]
}

function cycle<T>(items: readonly T[]): Supply<T> {
  let taken = 0
  return { next: () => items[taken++ % items.length] }
}
