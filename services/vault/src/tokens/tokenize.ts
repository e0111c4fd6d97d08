import { NotFound, type Principal } from '@kontor/http-api'
import { type Bucket, bucketFromBytes, bucketOf, parseId } from '@kontor/ids'
import { coalescer } from '@kontor/postgres'
import { DomainError } from '@kontor/problem'
import { macOf, type VaultEvent } from '../events/event.ts'
import { type NewToken, type Written, writeTokens } from './batches.ts'
import type { TokenDeps } from './deps.ts'
import { gone, IdempotencyMismatch, SubjectErased } from './errors.ts'
import { fingerprints } from './fingerprint.ts'
import { type Instrument, readInstrument } from './instrument.ts'
import { digestIntent, type IntentDigest } from './intent.ts'
import { sealInstrument } from './record.ts'
import { findIntent } from './repo.ts'
import type { CreateTokenBody } from './request-schema.ts'
import { subjectOf, type Token } from './token.ts'

export interface Tokenize {
  readonly principal: Principal
  readonly requestId: string
  readonly idempotencyKey: string
  readonly body: CreateTokenBody
}

export interface Tokenized {
  readonly token: Token
  /** The token had been made by an earlier request of the same intent. */
  readonly replayed: boolean
}

/** An intent and where its token is or will be. */
interface Intent {
  readonly accountId: string | undefined
  readonly bucket: Bucket
  readonly digest: IntentDigest
}

const BATCH_MAX = 128
const ATTEMPTS_MAX = 3
const FIRST_VERSION = 1
const HALF_DAY_MS = 12 * 3_600_000

/**
 * Makes the use case of tokenizing. Concurrent requests are written together, as one statement.
 *
 * @returns A function that stores an instrument once, however often its intent is repeated.
 */
export function tokenizer({ database, tenantKeys, deks, subjects, newId, now }: TokenDeps) {
  const write = coalescer<NewToken, Written>({ write: (batch) => writeTokens(database, batch), batchMax: BATCH_MAX })

  /** @returns What the intent has made already, `undefined` if nothing. */
  async function replay({ bucket, digest }: Intent): Promise<Tokenized | undefined> {
    const found = await findIntent(database, bucket, digest.intent)
    if (!found) return undefined
    if (!found.usable) throw gone(found.because)
    if (!found.requestHmac.equals(digest.request)) throw new IdempotencyMismatch()
    return { token: found.token, replayed: true }
  }

  async function intentOf({ principal, idempotencyKey, body }: Tokenize): Promise<Intent> {
    const accountId = body.account_id === undefined ? undefined : parseId('acc', body.account_id)
    const subkeys = await tenantKeys.subkeys(principal.tenantId)
    const digest = digestIntent(subkeys, principal.mode, accountId, idempotencyKey, body)
    // A guest's token has no account to live with; drawn from its intent, its bucket is found again by a retry.
    return { accountId, digest, bucket: accountId ? bucketOf(accountId) : bucketFromBytes(digest.intent) }
  }

  /** @throws {NotFound | SubjectErased} The account is another tenant's or mode's, or was erased. */
  async function claimAccount({ tenantId, mode }: Principal, id: string): Promise<void> {
    const claim = await subjects.claim({ id, tenantId, mode })
    if (claim === 'foreign') throw new NotFound('account')
    if (claim === 'erased') throw new SubjectErased()
  }

  /** Seals an instrument under a key that is committed, as one row with its event. */
  async function prepare(command: Tokenize, intent: Intent, instrument: Instrument): Promise<NewToken> {
    const { principal, requestId, body } = command
    const { tenantId, mode } = principal
    const { accountId, bucket, digest } = intent
    const at = now()
    const token: Token = {
      id: newId(bucket),
      tenantId,
      mode,
      accountId: accountId ?? null,
      clear: instrument.clear,
      metadata: body.metadata ?? {},
      version: FIRST_VERSION,
      createdAt: at,
    }
    const subject = { tenantId, id: subjectOf(token) }
    const dek = await (accountId ? deks.current(subject) : deks.first(subject))
    const subkeys = await tenantKeys.subkeys(tenantId)
    const event: VaultEvent = {
      id: newId(bucket),
      tenantId,
      mode,
      type: 'token.created',
      subjectId: subject.id,
      objectId: token.id,
      objectVersion: token.version,
      actorKeyId: principal.keyId,
      purpose: null,
      requestId,
      at,
    }
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

  async function store(command: Tokenize, intent: Intent, instrument: Instrument): Promise<Tokenized> {
    const { principal } = command
    const { accountId } = intent
    for (let attempt = 1; attempt <= ATTEMPTS_MAX; attempt++) {
      if (accountId) await claimAccount(principal, accountId)
      const prepared = await prepare(command, intent, instrument)
      const { token } = prepared
      const written = await write(prepared)
      if (written === 'created') return { token, replayed: false }
      if (!accountId) {
        // The key was made for a token that is not there. Should it stay, it opens nothing, so nobody is told.
        await deks.destroy({ tenantId: token.tenantId, id: token.id }).catch(() => undefined)
      }
      if (written === 'erased') throw new SubjectErased()
      if (written === 'foreign') throw new NotFound('account')
      if (written === 'intent_known') {
        const earlier = await replay(intent)
        if (earlier) return earlier
      }
      // The account's row, or the token of the intent, was there a moment ago: this process remembers a database that is gone.
      if (accountId) subjects.forget({ id: accountId, tenantId: token.tenantId, mode: token.mode })
    }
    throw new Error('a token could be neither written nor found')
  }

  /**
   * @throws {DomainError} 404 of a foreign account, 410 of a deleted token or an erased account, 422 of a rule or of another
   *   request under the same key, 503 when the keys cannot be reached. Nothing is stored then.
   */
  return async function tokenize(command: Tokenize): Promise<Tokenized> {
    let instrument: Instrument
    try {
      const today = lastCalendarDate(now())
      instrument = readInstrument(command.body, { mode: command.principal.mode, today })
    } catch (refusal) {
      // What was stored once is answered again, even if it would be refused today: a card expires between two tries.
      const earlier = refusal instanceof DomainError ? await replay(await intentOf(command)) : undefined
      if (earlier) return earlier
      throw refusal
    }
    return store(command, await intentOf(command), instrument)
  }
}

/** A card holds until its month has ended everywhere, and that is last in the time zone UTC−12. */
function lastCalendarDate(instant: Date): string {
  return new Date(instant.getTime() - HALF_DAY_MS).toISOString().slice(0, 10)
}
