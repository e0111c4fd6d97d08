import { compare, type Figure } from './figure.ts'
import { callers, httpRequest, newKey } from './load.ts'
import { onStage, type Stage } from './stage.ts'
import { fill, prepared, ROUND, revealsOf, type StoredToken, tokenRequest, WARM_UP_MOST } from './tokens.ts'
import type { VaultStage } from './vault-stage.ts'

const UNIT = { tokenize: 'tokens/s', reveal: 'reveals/s' }

interface BesideFigure {
  readonly name: string
  readonly what: 'tokenize' | 'reveal'
  readonly goal: number
  readonly callers: number
  readonly rounds: number
}

/** Cards tokenized or revealed with many tokens in the database, beside few: each side has a server of its own. The p99 are compared. */
export function measureVaultScale(
  stage: Stage,
  figure: BesideFigure & { readonly small: number; readonly large: number },
): Promise<Figure> {
  return onStage({ profileFolder: undefined, log: (line) => console.error(line) }, async (second) => {
    const many = await working(second, figure, figure.large)
    const few = await working(stage, figure, figure.small)
    try {
      return await compare({
        ...figure,
        by: 'p99',
        warmUpMost: WARM_UP_MOST,
        baselineUnit: UNIT[figure.what],
        ours: many.run,
        bare: few.run,
      })
    } finally {
      many.close()
      few.close()
    }
  })
}

/** Cards tokenized or revealed while every key of the tenant is wrapped anew, beside the same without. The p99 are compared. */
export async function measureBesideRewrap(stage: Stage, figure: BesideFigure): Promise<Figure> {
  const side = await working(stage, figure, 0)
  const vault = await stage.vault()
  try {
    return await compare({
      ...figure,
      by: 'p99',
      warmUpMost: WARM_UP_MOST,
      baselineUnit: UNIT[figure.what],
      ours: async () => {
        const job = await beginRewrap(vault)
        const round = await side.run()
        await isDone(vault, job)
        return round
      },
      bare: side.run,
    })
  } finally {
    side.close()
  }
}

async function working(stage: Stage, { what, callers: count }: BesideFigure, tokens: number) {
  const vault = await stage.vault()
  const { tokens: first } = await fill(stage, vault)
  if (tokens > 0) {
    const { knex } = stage.owners.vault
    const [held] = await knex('token').count<{ count: string }[]>('id')
    const each = Math.ceil((tokens - Number(held?.count)) / first.length)
    for (const sql of each > 0 ? MORE : []) await knex.raw(sql, { each })
  }
  await stage.settle()
  let made = 0
  const nextOf = () => first[made++ % first.length] as StoredToken
  const reveals = revealsOf(vault, first)
  const clients = await callers(vault.ports, count)
  const requests = () => (what === 'reveal' ? reveals : prepared(() => tokenRequest(vault, nextOf().accountId)))
  return { run: () => clients.run(requests(), ROUND), close: () => clients.close() }
}

/** Rotates the tenant's KEK and begins to wrap every key by the new one. @returns The path of the job. */
async function beginRewrap(vault: VaultStage): Promise<string> {
  await ask(vault, 'POST', '/v1/keys/rotate')
  const { id } = await ask(vault, 'POST', '/v1/key-jobs', { kind: 'rewrap' })
  return `/v1/key-jobs/${id}`
}

async function isDone(vault: VaultStage, job: string): Promise<void> {
  for (let asked = 0; asked < 600; asked++) {
    const { state } = await ask(vault, 'GET', job)
    if (state === 'done') return
    if (state === 'failed') throw new Error('a key job failed')
    await new Promise((resolve) => setTimeout(resolve, 100))
  }
  throw new Error('a key job does not end')
}

async function ask(
  vault: VaultStage,
  method: 'GET' | 'POST',
  path: string,
  body?: object,
): Promise<Record<string, string>> {
  const headers = method === 'POST' ? { ...vault.headers, 'idempotency-key': newKey() } : vault.headers
  let answer: Record<string, string> = {}
  const client = await callers(vault.ports, 1, (bytes) => {
    answer = JSON.parse(bytes.toString())
  })
  let request: Buffer | undefined = httpRequest(method, path, headers, body)
  const once = () => {
    const next = request
    request = undefined
    return next
  }
  await client.run({ next: once }, { seconds: 60, most: 1 })
  client.close()
  return answer
}

/** An id in the bucket of the account, as the vault makes them. */
const id = (of: string) =>
  `overlay(token.id::text placing right(md5(token.id::text || '${of}' || n), 12) from 25)::uuid`
const EACH =
  '(select * from token where version = 1 order by id limit 1000) as token cross join generate_series(1, :each::int) as n'
const FINGERPRINT = `sha256(convert_to(token.id::text || 'number' || n, 'UTF8'))`

/**
 * More tokens of every account, with every row and index entry that one has; its event is of a transaction before all others, so that no
 * sealer looks at it.
 */
const MORE = [
  `insert into instrument_claim (bucket, fingerprint, subject_id, tenant_id, mode, token_id)
   select (get_byte(${FINGERPRINT}, 0) << 4) | (get_byte(${FINGERPRINT}, 1) >> 4), ${FINGERPRINT}, token.subject_id,
          token.tenant_id, token.mode, ${id('token')}
     from ${EACH}`,
  `insert into event (bucket, id, tenant_id, mode, type, subject_id, object_id, object_version, actor_key_id, request_id, at, mac, tx)
   select token.bucket, ${id('event')}, token.tenant_id, token.mode, 'token.created', token.subject_id, ${id('token')}, 1,
          token.tenant_id, md5(n::text), token.created_at, sha256('mac'), '1'
     from ${EACH}`,
  `insert into token (bucket, id, tenant_id, mode, account_id, subject_id, type, brand, bin, last_four, expiry_month, expiry_year,
          metadata, record, dek_version, number_fingerprint, full_fingerprint, idempotency_hmac, request_hmac, version, created_at)
   select token.bucket, ${id('token')}, token.tenant_id, token.mode, token.account_id, token.subject_id, token.type, token.brand,
          token.bin, token.last_four, token.expiry_month, token.expiry_year, token.metadata, token.record, token.dek_version,
          ${FINGERPRINT}, sha256(convert_to(token.id::text || 'full' || n, 'UTF8')),
          sha256(convert_to(token.id::text || 'intent' || n, 'UTF8')), sha256('request'), 1, token.created_at
     from ${EACH}`,
]
