import type { Principal } from '@kontor/http-api'
import { type Bucket, bucketFromBytes, bucketOf, parseId } from '@kontor/ids'
import { coalescer } from '@kontor/postgres'
import { DomainError } from '@kontor/problem'
import { macOf } from '../events/event.ts'
import { type NewToken, type Written, writeTokens } from './batches.ts'
import type { TokenDeps } from './deps.ts'
import { type DuplicatePolicy, readPolicy } from './duplicate-policy.ts'
import { deduplicator } from './duplicates.ts'
import { gone, IdempotencyMismatch, SubjectErased } from './errors.ts'
import { parseExpiresAt } from './expires-at.ts'
import { fingerprints } from './fingerprint.ts'
import { at, type Instrument, lastCalendarDate, readInstrument } from './instrument.ts'
import { digestIntent, type IntentDigest } from './intent.ts'
import { findIntent } from './intent-repo.ts'
import { sealInstrument } from './record.ts'
import type { CreateTokenBody } from './request-schema.ts'
import type { ExistingTokenWire } from './schema.ts'
import type { Token } from './token.ts'
import { tokenEvent } from './token-event.ts'
import { toWire } from './wire.ts'
import { writeHeld } from './write-held.ts'

export interface Tokenize {
  readonly principal: Principal
  readonly requestId: string
  readonly idempotencyKey: string
  readonly body: CreateTokenBody
}

/** How an intent to have a token is answered. */
export interface Answer {
  /** 201: the token was made for this intent. 200: it was there before. */
  readonly status: 200 | 201
  readonly body: ExistingTokenWire
  /** The intent had been answered by an earlier request. */
  readonly replayed: boolean
}

/** An intent and where its token is or will be. */
export interface Intent {
  readonly accountId: string | undefined
  readonly bucket: Bucket
  readonly digest: IntentDigest
}

/** What a request asks for, once it is read and found good. */
interface Wanted {
  readonly instrument: Instrument
  readonly expiresAt: Date | null
}

const BATCH_MAX = 128
/**
 * One batch in flight for each process: it gathers twice as many as two would, and a larger batch costs the database a fifth less a
 * token. While it is written, the other processes have the cores.
 */
const LANES = 1
/** A statement for so many costs the database hardly more a token than a larger one. */
const ENOUGH = 16
const ATTEMPTS_MAX = 3
const FIRST_VERSION = 1

/** @returns What the intent was answered with already, `undefined` if it is new. */
export async function replayIntent(
  { database, now }: Pick<TokenDeps, 'database' | 'now'>,
  { bucket, digest }: Pick<Intent, 'bucket' | 'digest'>,
): Promise<Answer | undefined> {
  const known = await findIntent(database, bucket, digest.intent, now())
  for (const found of known) {
    if (!found.usable) throw gone(found)
    if (!found.requestHmac.equals(digest.request)) continue
    const body = found.answer === undefined ? toWire(found.token) : (JSON.parse(found.answer) as ExistingTokenWire)
    return { status: found.status, body, replayed: true }
  }
  if (known.length > 0) throw new IdempotencyMismatch()
  return undefined
}

/**
 * Makes the use case of tokenizing. Concurrent requests are written together, as one statement.
 *
 * @returns A function that stores an instrument once, however often its intent is repeated.
 */
export function tokenizer(deps: TokenDeps) {
  const { database, tenantKeys, deks, subjects, newId, now } = deps
  const write = coalescer<NewToken, Written>({
    write: (batch) => writeTokens(database, batch),
    batchMax: BATCH_MAX,
    lanes: LANES,
    enough: ENOUGH,
  })
  const writeUnlessDuplicate = deduplicator(deps)

  async function writeOnce(prepared: NewToken): Promise<Written> {
    const written = await write(prepared)
    return written === 'answers_unseen' ? writeHeld(database, prepared) : written
  }

  async function intentOf({ principal, idempotencyKey, body }: Tokenize): Promise<Intent> {
    const accountId = body.account_id === undefined ? undefined : parseId('acc', body.account_id)
    const subkeys = await tenantKeys.subkeys(principal.tenantId)
    const digest = digestIntent(subkeys, principal.mode, accountId, idempotencyKey, body)
    // A guest's token has no account to live with; drawn from its intent, its bucket is found again by a retry.
    return { accountId, digest, bucket: accountId ? bucketOf(accountId) : bucketFromBytes(digest.intent) }
  }

  /** @returns The id of the subject that the account is. @throws {SubjectErased} */
  async function claimAccount({ tenantId, mode }: Principal, id: string): Promise<string> {
    const subject = await subjects.claim({ id, tenantId, mode })
    if (subject.state === 'erased') throw new SubjectErased()
    return subject.id
  }

  /** Seals an instrument under a key that is committed, as one row with its event. */
  async function prepare(
    command: Tokenize,
    intent: Intent,
    { instrument, expiresAt }: Wanted,
    subjectId: string | undefined,
  ): Promise<NewToken> {
    const { principal, requestId, body } = command
    const { tenantId, mode } = principal
    const { accountId, bucket, digest } = intent
    const at = now()
    const id = newId(bucket)
    const token: Token = {
      id,
      tenantId,
      mode,
      accountId: accountId ?? null,
      subjectId: subjectId ?? id,
      clear: instrument.clear,
      metadata: body.metadata ?? {},
      version: FIRST_VERSION,
      createdAt: at,
      expiresAt,
    }
    const subject = { tenantId, id: token.subjectId }
    const dek = await (accountId ? deks.current(subject) : deks.first(subject))
    const subkeys = await tenantKeys.subkeys(tenantId)
    const event = tokenEvent(newId, 'token.created', token, { principal, requestId, at })
    const { number, full } = fingerprints(instrument, subkeys)
    return {
      token,
      record: sealInstrument(instrument.sealed, dek, token),
      dekVersion: dek.version,
      numberFingerprint: number,
      fullFingerprint: full,
      intentHmac: digest.intent,
      requestHmac: digest.request,
      event,
      mac: macOf(event, subkeys.event),
    }
  }

  async function store(command: Tokenize, intent: Intent, wanted: Wanted, policy: DuplicatePolicy): Promise<Answer> {
    const { principal } = command
    const { accountId } = intent
    for (let attempt = 1; attempt <= ATTEMPTS_MAX; attempt++) {
      const subjectId = accountId && (await claimAccount(principal, accountId))
      const prepared = await prepare(command, intent, wanted, subjectId)
      const { token } = prepared
      const dropKey = async () => {
        // The key was made for a token that is not there. Should it stay, it opens nothing, so nobody is told.
        if (!accountId) await deks.destroy({ tenantId: token.tenantId, id: token.id }).catch(() => undefined)
      }
      const outcome =
        policy.onDuplicate === 'create'
          ? await writeOnce(prepared)
          : await writeUnlessDuplicate({ prepared, instrument: wanted.instrument, policy, command }).catch(
              async (refusal: unknown) => {
                if (refusal instanceof DomainError) await dropKey()
                throw refusal
              },
            )
      if (typeof outcome === 'object') return outcome
      if (outcome === 'created') return { status: 201, body: toWire(token), replayed: false }
      await dropKey()
      if (outcome === 'erased') throw new SubjectErased()
      if (outcome === 'intent_known') {
        const earlier = await replayIntent(deps, intent)
        if (earlier) return earlier
      }
      if (outcome === 'stale_key') {
        deks.forget({ tenantId: token.tenantId, id: token.subjectId })
        continue
      }
      // The account's row, or the token of the intent, was there a moment ago: this process remembers a database that is gone.
      if (accountId) subjects.forget({ id: accountId, tenantId: token.tenantId, mode: token.mode })
    }
    throw new Error('a token could be neither written nor found')
  }

  function readWanted({ principal, body }: Tokenize): Wanted {
    const { expires_at: expiresAt } = body
    const instrument = readInstrument(body, { mode: principal.mode, today: lastCalendarDate(now()) })
    return {
      instrument,
      expiresAt: expiresAt === undefined ? null : at('/expires_at', () => parseExpiresAt(expiresAt, now())),
    }
  }

  /**
   * @throws {DomainError} 403 of a scope, 409 of a duplicate, 410 of a token that is gone or an erased account, 422 of a
   *   rule or of another request under the same key, 503 when the keys cannot be reached. Nothing is stored then.
   */
  return async function tokenize(command: Tokenize): Promise<Answer> {
    const policy = readPolicy(command.body, command.principal)
    let wanted: Wanted
    try {
      wanted = readWanted(command)
    } catch (refusal) {
      // What was stored once is answered again, even if it would be refused today: a card expires between two tries.
      const earlier = refusal instanceof DomainError ? await replayIntent(deps, await intentOf(command)) : undefined
      if (earlier) return earlier
      throw refusal
    }
    return store(command, await intentOf(command), wanted, policy)
  }
}
