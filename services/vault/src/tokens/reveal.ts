import { NotFound, type Principal } from '@kontor/http-api'
import { bucketOf } from '@kontor/ids'
import { IntegrityViolation } from '@kontor/jose-box'
import type { Secret } from '@kontor/payment-data'
import { coalescer } from '@kontor/postgres'
import { macOf, type VaultEvent } from '../events/event.ts'
import { type NewReveal, writeReveals } from './batches.ts'
import type { TokenDeps } from './deps.ts'
import { gone, PurposeNotAllowed } from './errors.ts'
import type { SealedInstrument } from './instrument.ts'
import { openInstrument } from './record.ts'
import { findRecord, type WithRecord } from './repo.ts'
import { subjectOf, type Token } from './token.ts'

export interface Reveal {
  readonly principal: Principal
  readonly requestId: string
  /** UUID. */
  readonly tokenId: string
  readonly purpose: string
}

export interface Revealed {
  readonly token: Token
  readonly instrument: Secret<SealedInstrument>
}

const BATCH_MAX = 128
const ATTEMPTS_MAX = 3

/**
 * Makes the use case of revealing.
 *
 * @returns A function that opens an instrument, and gives it away only after the event that says so is committed.
 */
export function revealer({ database, tenantKeys, deks, newId, now }: TokenDeps) {
  const write = coalescer<NewReveal, boolean>({ write: (batch) => writeReveals(database, batch), batchMax: BATCH_MAX })

  async function open({ token, record, dekVersion }: { token: Token } & WithRecord) {
    const dek = await deks.find({ tenantId: token.tenantId, id: subjectOf(token) }, dekVersion)
    return dek && openInstrument(record, dek, token)
  }

  async function record(command: Reveal, token: Token): Promise<boolean> {
    const { tenantId, mode, keyId } = command.principal
    const event: VaultEvent = {
      id: newId(bucketOf(token.id)),
      tenantId,
      mode,
      type: 'token.revealed',
      subjectId: subjectOf(token),
      objectId: token.id,
      objectVersion: token.version,
      actorKeyId: keyId,
      purpose: command.purpose,
      requestId: command.requestId,
      at: now(),
    }
    const { event: key } = await tenantKeys.subkeys(tenantId)
    return write({ token, event, mac: macOf(event, key) })
  }

  /**
   * @throws {PurposeNotAllowed} Before anything is said about the token.
   * @throws {NotFound | TokenDeleted | SubjectErased} There is nothing to reveal.
   * @throws {IntegrityViolation} The record does not open as what its row says it is, or its key is gone.
   */
  return async function reveal(command: Reveal): Promise<Revealed> {
    if (!command.principal.purposes.has(command.purpose)) throw new PurposeNotAllowed()
    let keyMissing = false
    for (let attempt = 1; attempt <= ATTEMPTS_MAX; attempt++) {
      const found = await findRecord(database, command.principal, command.tokenId)
      if (!found) throw new NotFound('token')
      if (!found.usable) throw gone(found.because)
      const instrument = await open(found)
      // A key without which its record stands is a loss, unless the token was deleted since it was read: look again.
      keyMissing = instrument === undefined
      if (instrument && (await record(command, found.token))) return { token: found.token, instrument }
    }
    if (keyMissing) throw new IntegrityViolation()
    throw new Error('a token changed faster than it could be revealed')
  }
}
