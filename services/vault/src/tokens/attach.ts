import { NotFound, type Principal } from '@kontor/http-api'
import { bucketOf, formatId } from '@kontor/ids'
import { IntegrityViolation } from '@kontor/jose-box'
import { withTransaction } from '@kontor/postgres'
import { eventData, macOf } from '../events/event.ts'
import { insertEvent } from '../events/repo.ts'
import type { Subkeys } from '../keys/subkeys.ts'
import { moveRegistrations, noteOrphans } from '../registration-ledger/ending.ts'
import { type NewToken, type Written, writeToken } from './batches.ts'
import { holdClaims } from './claims.ts'
import type { TokenDeps } from './deps.ts'
import { endToken } from './destroy.ts'
import { AlreadyAttached, gone, IdempotencyMismatch, SubjectErased } from './errors.ts'
import { fingerprints } from './fingerprint.ts'
import { destroyGuestKey } from './guest-key.ts'
import { instrumentOf, type SealedInstrument } from './instrument.ts'
import { digestAttach, type IntentDigest } from './intent.ts'
import { isMadeFor } from './intent-repo.ts'
import { openInstrument, sealInstrument } from './record.ts'
import { findRecords, holdSubject, lockToken } from './repo.ts'
import type { Token } from './token.ts'
import { tokenEvent } from './token-event.ts'
import { type Answer, replayIntent } from './tokenize.ts'
import { toWire } from './wire.ts'

export interface AttachToken {
  readonly principal: Principal
  readonly requestId: string
  readonly idempotencyKey: string
  /** UUID of the guest's token. */
  readonly tokenId: string
  /** UUID of the account. */
  readonly accountId: string
}

const ATTEMPTS_MAX = 5
const FIRST_VERSION = 1

/** Ends a transaction that could not make the new token, so that the old one is not ended either. */
class NotWritten extends Error {
  readonly because: Written | 'changed'
  constructor(because: Written | 'changed') {
    super('the transaction is rolled back')
    this.because = because
  }
}

/**
 * Makes the use case of attaching a guest's token to an account: the instrument is opened and sealed anew under the
 * account's key, as a new token that lives with the account. The row of the new token and the end of the old one are one
 * transaction; the guest's key is destroyed after it.
 */
export function attacher(deps: TokenDeps) {
  const { database, tenantKeys, deks, subjects, newId, now } = deps

  async function prepare(
    { principal, requestId, accountId }: AttachToken,
    digest: IntentDigest,
    guests: Token,
    opened: SealedInstrument,
    subkeys: Subkeys,
  ): Promise<NewToken> {
    const { tenantId, mode } = principal
    const subject = await subjects.claim({ id: accountId, tenantId, mode })
    if (subject.state === 'erased') throw new SubjectErased()
    const bucket = bucketOf(accountId)
    const at = now()
    const instrument = instrumentOf(opened)
    const { clear } = instrument
    const id = newId(bucket)
    const token: Token = {
      ...guests,
      id,
      accountId,
      subjectId: subject.id,
      clear,
      version: FIRST_VERSION,
      createdAt: at,
    }
    const dek = await deks.current({ tenantId, id: subject.id })
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

  /**
   * The answer does not depend on it: what fails here the sweep does, half a minute later. A retry does it sooner, for a process that was
   * killed after it had moved the token.
   */
  async function dropGuestKey(guests: Pick<Token, 'tenantId' | 'id'>): Promise<void> {
    await destroyGuestKey({ database, deks }, guests).catch(() => undefined)
  }

  /** Makes the new token and ends the old one, or does neither. */
  async function write(guests: Token, prepared: NewToken, subkeys: Subkeys): Promise<Written | 'changed'> {
    const { event: key } = subkeys
    const { token, numberFingerprint: fingerprint, event } = prepared
    const held = { ...guests, version: guests.version + 1, numberFingerprint: fingerprint }
    const { tenantId, mode, actorKeyId: keyId, requestId, at } = event
    const author = { principal: { tenantId, mode, keyId }, requestId, at }
    const moved = tokenEvent(newId, 'token.moved', held, author, {
      data: eventData({ to: formatId('tok', token.id) }),
    })
    try {
      return await withTransaction(database.knex, async (tx) => {
        const subject = await holdSubject(tx, token.subjectId)
        if (subject?.state !== 'active') throw new NotWritten(subject?.state ?? 'missing')
        await holdClaims(tx, [
          { fingerprint, subjectId: guests.subjectId },
          { fingerprint, subjectId: token.subjectId },
        ])
        const locked = await lockToken(tx, guests.id)
        const ended = locked?.state !== 'active' || (locked.expiresAt !== null && locked.expiresAt <= now())
        if (ended || locked.version !== guests.version) throw new NotWritten('changed')
        const written = await writeToken(tx, prepared)
        if (written !== 'created') throw new NotWritten(written)
        await moveRegistrations(tx, { from: guests.id, to: token.id, newId, at }, subkeys.registration)
        const orphans = await endToken(tx, held, { state: 'moved', at: moved.at, movedTo: token.id })
        await insertEvent(tx, moved, macOf(moved, key))
        const { subjectId } = held
        await noteOrphans(
          tx,
          orphans,
          'moved',
          { tenantId, mode, subjectId, keyId, requestId, at },
          { newId, eventKey: key },
        )
        return written
      })
    } catch (stopped) {
      if (stopped instanceof NotWritten) return stopped.because
      throw stopped
    }
  }

  /**
   * @returns The new token, 201; the same again for the same request under the same key.
   * @throws {AlreadyAttached} 409: the token is an account's.
   * @throws {TokenMoved} 410: another request attached it. Further 404, 410, 422 and 503 as for every token.
   */
  return async function attach(command: AttachToken): Promise<Answer> {
    const { principal, tokenId, accountId } = command
    const subkeys = await tenantKeys.subkeys(principal.tenantId)
    const digest = digestAttach(subkeys, principal.mode, command)
    const replay = () => replayIntent(deps, { bucket: bucketOf(accountId), digest })
    for (let attempt = 1; attempt <= ATTEMPTS_MAX; attempt++) {
      const [found] = await findRecords(database, [{ ...principal, id: tokenId, now: now() }])
      if (!found) throw new NotFound('token')
      if (!found.usable) {
        const earlier = found.because === 'moved' ? await replay() : undefined
        if (earlier) {
          await dropGuestKey({ tenantId: principal.tenantId, id: tokenId })
          return earlier
        }
        // Under the same key it went to another account.
        if (found.movedTo && (await isMadeFor(database.knex, found.movedTo, digest.intent))) {
          throw new IdempotencyMismatch()
        }
        throw gone(found)
      }
      const { token: guests, record, dekVersion } = found
      if (guests.accountId !== null) throw new AlreadyAttached()
      const dek = await deks.find({ tenantId: guests.tenantId, id: guests.subjectId }, dekVersion)
      if (!dek) continue
      const opened = openInstrument(record, dek, guests).reveal()
      const prepared = await prepare(command, digest, guests, opened, subkeys)
      const written = await write(guests, prepared, subkeys)
      if (written === 'created') {
        await dropGuestKey(guests)
        return { status: 201, body: toWire(prepared.token), replayed: false }
      }
      if (written === 'erased') throw new SubjectErased()
      if (written === 'stale_key') deks.forget({ tenantId: guests.tenantId, id: prepared.token.subjectId })
      if (written === 'missing') subjects.forget({ id: accountId, tenantId: guests.tenantId, mode: guests.mode })
    }
    throw new IntegrityViolation()
  }
}
