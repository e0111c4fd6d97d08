import { bucketOf, formatId } from '@kontor/ids'
import { IntegrityViolation } from '@kontor/jose-box'
import { type Tx, withTransaction } from '@kontor/postgres'
import type { Dek } from '../keys/deks.ts'
import type { Subkeys } from '../keys/subkeys.ts'
import { type NewToken, type Written, writeToken } from './batches.ts'
import { giveClaim, makeOrHoldClaim } from './claims.ts'
import type { TokenDeps } from './deps.ts'
import type { DuplicatePolicy } from './duplicate-policy.ts'
import { DuplicateDiffers, DuplicateToken } from './errors.ts'
import type { Instrument } from './instrument.ts'
import { insertAnswer, intentIsKnown, noteAnswered } from './intent-repo.ts'
import { openInstrument } from './record.ts'
import { holdSubject } from './repo.ts'
import { revise, sentAgain } from './revise.ts'
import { findSameNumber, holdNumber, isNumberKnown, type SameNumber } from './same-number.ts'
import type { ExistingTokenWire } from './schema.ts'
import type { Token } from './token.ts'
import type { Answer, Tokenize } from './tokenize.ts'
import { writeRevision } from './update.ts'
import { toWire } from './wire.ts'

/** Ends a transaction in which a claim was made that must not stay. */
class NothingToDo extends Error {
  readonly because: Written
  constructor(because: Written) {
    super('the transaction is rolled back')
    this.because = because
  }
}

/** A record is sealed under a key that is not at hand; keys are not fetched while rows are held. */
class KeyNotAtHand extends Error {
  readonly version: number
  constructor(version: number) {
    super('the transaction is done again with the key')
    this.version = version
  }
}

/** What is fetched before a transaction begins, because nothing but SQL is done in it. */
interface Keys {
  /** Of the subject, by their versions; `undefined` for one that there is not. */
  readonly deks: Map<number, Dek | undefined>
  readonly subkeys: Subkeys
}

/** One attempt to store an instrument unless it is known. */
interface Attempt {
  readonly prepared: NewToken
  readonly instrument: Instrument
  readonly policy: DuplicatePolicy
  readonly command: Tokenize
  readonly keys: Keys
  readonly at: Date
}

/**
 * Makes the function that stores an instrument only if it is new. Whoever holds the claim on the number decides: of any
 * number of requests at once, from any number of processes, one finds the number free.
 *
 * @returns A function that gives the outcome of a write, or the answer where a token was there before.
 */
export function deduplicator({ database, tenantKeys, deks, newId, now }: TokenDeps) {
  async function write(tx: Tx, attempt: Attempt): Promise<Written | Answer> {
    const { prepared, policy, at } = attempt
    const { token, numberFingerprint: fingerprint, intentHmac } = prepared
    if (token.accountId !== null) {
      // Alone, because an answer is not seen by the unique index on which tokens of one intent meet.
      const subject = await holdSubject(tx, token.subjectId, { alone: policy.onDuplicate !== 'reject' })
      if (subject?.state !== 'active') return subject?.state ?? 'missing'
      if (prepared.dekVersion < subject.dekVersionMin) return 'stale_key'
    }
    const intentKnown = () => intentIsKnown(tx, bucketOf(token.id), intentHmac)
    if (policy.scope === 'tenant') {
      await holdNumber(tx, token, fingerprint)
      if (await intentKnown()) return 'intent_known'
      // Not even that the number is the caller's own account's is said.
      if (await isNumberKnown(tx, token, fingerprint, at)) throw new DuplicateToken()
    }
    const claim = { fingerprint, subjectId: token.subjectId }
    const claimedBy = await makeOrHoldClaim(tx, claim, token)
    // A twin of this request may have held the claim before.
    if (await intentKnown()) throw new NothingToDo('intent_known')
    const existing = claimedBy === token.id ? undefined : await findExisting(tx, attempt, claimedBy)
    if (existing) return answerWith(tx, attempt, existing)
    const written = await writeToken(tx, prepared)
    if (written !== 'created') throw new NothingToDo(written)
    // The tokens that had the number have expired, and nobody has swept them yet.
    if (claimedBy !== token.id) await giveClaim(tx, claim, token.id)
    return written
  }

  /**
   * @returns Of the account's live tokens of the number one that is the same instrument, or else any; of several the one that
   *   the claim names, or else the oldest.
   */
  async function findExisting(tx: Tx, { prepared, policy, at }: Attempt, claimedBy: string) {
    const { token, numberFingerprint, fullFingerprint } = prepared
    const hold = policy.onDuplicate === 'update'
    const known = await findSameNumber(tx, token.subjectId, numberFingerprint, { now: at, hold })
    const equal = known.filter((each) => each.fullFingerprint.equals(fullFingerprint))
    const meant = equal.length > 0 ? equal : known
    return meant.find((each) => each.token.id === claimedBy) ?? meant[0]
  }

  /** @throws {DuplicateToken | DuplicateDiffers} */
  async function answerWith(tx: Tx, attempt: Attempt, existing: SameNumber): Promise<Answer> {
    const { prepared, policy, at } = attempt
    const id = formatId('tok', existing.token.id)
    // A tenant-wide question that lost a race to its own account learns no more than any other.
    if (policy.onDuplicate === 'reject') throw policy.scope === 'tenant' ? new DuplicateToken() : new DuplicateToken(id)
    let body: ExistingTokenWire
    if (policy.onDuplicate === 'update') {
      body = toWire(await changeTo(tx, attempt, existing))
    } else {
      if (!existing.fullFingerprint.equals(prepared.fullFingerprint)) throw new DuplicateDiffers(id)
      body = { ...toWire(existing.token), duplicate: true }
    }
    const { intentHmac, requestHmac } = prepared
    const answered = { intentHmac, requestHmac, status: 200, answer: JSON.stringify(body), at } as const
    if (!(await insertAnswer(tx, existing.token, answered))) throw new NothingToDo('intent_known')
    await noteAnswered(tx, existing.token.subjectId)
    return { status: 200, body, replayed: false }
  }

  /** Lets a token, which is held, become what was sent. @returns It as it is then. */
  async function changeTo(tx: Tx, attempt: Attempt, { token, record, dekVersion }: SameNumber): Promise<Token> {
    const { prepared, instrument, command, keys, at } = attempt
    const sealedUnder = keyOf(keys, dekVersion)
    const dek = keyOf(keys, prepared.dekVersion)
    const opened = openInstrument(record, sealedUnder, token).reveal()
    const { metadata, expires_at: expiresAt } = command.body
    const wanted = {
      sealed: sentAgain(opened, instrument.sealed.reveal()),
      ...(metadata !== undefined && { metadata }),
      ...(expiresAt !== undefined && { expiresAt: prepared.token.expiresAt }),
    }
    const revision = revise(token, opened, wanted, keys.subkeys)
    if (!revision) return token
    await writeRevision(tx, token, revision, { dek, subkeys: keys.subkeys, newId }, { ...command, at })
    return revision.token
  }

  return async function writeUnlessDuplicate(
    asked: Pick<Attempt, 'prepared' | 'instrument' | 'policy' | 'command'>,
  ): Promise<Written | Answer> {
    const { tenantId, subjectId: id, accountId } = asked.prepared.token
    const subject = { tenantId, id }
    const keys: Keys = { deks: new Map(), subkeys: await tenantKeys.subkeys(tenantId) }
    const fetch = async (version: number) => {
      keys.deks.set(version, await deks.find(subject, version))
    }
    if (asked.policy.onDuplicate === 'update' && accountId !== null) await fetch(asked.prepared.dekVersion)
    for (;;) {
      try {
        return await withTransaction(database.knex, (tx) => write(tx, { ...asked, keys, at: now() }))
      } catch (stopped) {
        if (stopped instanceof NothingToDo) return stopped.because
        if (!(stopped instanceof KeyNotAtHand)) throw stopped
        await fetch(stopped.version)
      }
    }
  }
}

/**
 * @throws {KeyNotAtHand} It was not fetched yet.
 * @throws {IntegrityViolation} There is none, though a record stands, and the subject is held and not erased.
 */
function keyOf(keys: Keys, version: number): Dek {
  if (!keys.deks.has(version)) throw new KeyNotAtHand(version)
  const dek = keys.deks.get(version)
  if (!dek) throw new IntegrityViolation()
  return dek
}
