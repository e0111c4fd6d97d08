import { NotFound, type Principal, ScopeMissing } from '@kontor/http-api'
import { IntegrityViolation } from '@kontor/jose-box'
import type { Secret } from '@kontor/payment-data'
import { coalescer } from '@kontor/postgres'
import type { DomainError } from '@kontor/problem'
import { eventData, macOf } from '../events/event.ts'
import type { TokenDeps } from './deps.ts'
import { FieldNotOfType, gone, PurposeNotAllowed, RevealBudgetExceeded } from './errors.ts'
import { FIELDS_OF_TYPE, type Field, fieldNotOfForm, fieldNotOfType, revealScope } from './fields.ts'
import type { ClearInstrument, SealedInstrument } from './instrument.ts'
import { openInstrument } from './record.ts'
import { type Found, findRecords, type Wanted, type WithRecord } from './repo.ts'
import { minuteOf, type NewReveal, writeReveals } from './reveal-batch.ts'
import type { Token } from './token.ts'
import { tokenEvent } from './token-event.ts'

export interface Reveal {
  readonly principal: Principal
  readonly requestId: string
  /** UUID. */
  readonly tokenId: string
  readonly fields: readonly Field[]
  readonly purpose: string
}

export interface Revealed {
  readonly token: Token
  /** The whole record: the caller of this picks the fields. */
  readonly instrument: Secret<SealedInstrument>
}

const BATCH_MAX = 128
const ATTEMPTS_MAX = 3
/** Of a key that has no budget of its own: a minute of a person at work, and no dump of a database. */
const REVEALS_PER_MINUTE = 60
const MINUTE_MS = 60_000

/**
 * Makes the use case of revealing.
 *
 * @returns A function that opens an instrument, and gives it away only after the event that says so is committed.
 */
export function revealer({ database, tenantKeys, deks, newId, now, auditGate }: TokenDeps) {
  const find = coalescer<Wanted, Found<WithRecord> | undefined>({
    write: (batch) => findRecords(database, batch),
    batchMax: BATCH_MAX,
  })
  const write = coalescer<NewReveal, number | undefined>({
    write: (batch) => writeReveals(database, batch),
    batchMax: BATCH_MAX,
  })

  async function open({ token, record, dekVersion }: { token: Token } & WithRecord) {
    const dek = await deks.find({ tenantId: token.tenantId, id: token.subjectId }, dekVersion)
    return dek && openInstrument(record, dek, token)
  }

  /** @returns The event's place among those of its type that the key left in this minute; `undefined` if the token changed. */
  async function record(
    { principal, requestId, fields, purpose }: Reveal,
    token: Token,
    refusal?: DomainError,
  ): Promise<number | undefined> {
    const author = { principal, requestId, at: now() }
    const event = tokenEvent(newId, refusal ? 'token.reveal_refused' : 'token.revealed', token, author, {
      // A word that is on no list may be anything, and is not stored.
      purpose: principal.purposes.has(purpose) ? purpose : null,
      data: eventData(refusal ? { code: refusal.code, fields } : { fields }),
    })
    const { event: key } = await tenantKeys.subkeys(principal.tenantId)
    return write({ token, event, mac: macOf(event, key), budget: budgetOf(principal) })
  }

  /** @throws {RevealBudgetExceeded} The first one of a minute leaves an event, the others are counted. */
  async function refuseBeyondBudget(command: Reveal, token: Token, place: number): Promise<void> {
    const budget = budgetOf(command.principal)
    if (place <= budget) return
    const at = now()
    const refusal = new RevealBudgetExceeded(Math.ceil((minuteOf(at).getTime() + MINUTE_MS - at.getTime()) / 1_000))
    if (place === budget + 1) await record(command, token, refusal)
    throw refusal
  }

  /**
   * @throws {PurposeNotAllowed} Before anything is said about the token.
   * @throws {NotFound} The owner has no such token.
   * @throws {ScopeMissing} A field of the token's type takes a scope that the key lacks.
   * @throws {TokenDeleted | TokenExpired | TokenMoved | SubjectErased} There is nothing to reveal.
   * @throws {FieldNotOfType} The instrument has no such field.
   * @throws {RevealBudgetExceeded} 429.
   * @throws {Unavailable} 503 `audit_unavailable`: what is revealed now could not be proved later.
   * @throws {IntegrityViolation} The record does not open as what its row says it is, or its key is gone.
   */
  return async function reveal(command: Reveal): Promise<Revealed> {
    const { principal, fields } = command
    const { tenantId, mode } = principal
    let keyMissing = false
    for (let attempt = 1; attempt <= ATTEMPTS_MAX; attempt++) {
      const found = await find({ tenantId, mode, id: command.tokenId, now: now() })
      const refusal = refusalOf(command, found)
      if (refusal) {
        // A refusal of what is there is an event as well; within a bound, so that refusals do not fill the log.
        const noted = !found?.usable || (await record(command, found.token, refusal)) !== undefined
        // The token changed while its refusal was written: it is noted at the version that it has now.
        if (!noted && attempt < ATTEMPTS_MAX) continue
        throw refusal
      }
      if (!found) throw new NotFound('token')
      if (!found.usable) throw gone(found)
      const { token } = found
      if (fieldNotOfType(token.clear.type, fields) ?? fieldNotOfForm(token.clear, fields)) {
        throw new FieldNotOfType().at('/fields')
      }
      await auditGate.check()
      const instrument = await open(found)
      // A key without which its record stands is a loss, unless the token was deleted since it was read: look again.
      keyMissing = instrument === undefined
      const place = instrument && (await record(command, token))
      if (!instrument || place === undefined) continue
      await refuseBeyondBudget(command, token, place)
      return { token, instrument }
    }
    if (keyMissing) throw new IntegrityViolation()
    throw new Error('a token changed faster than it could be revealed')
  }
}

function budgetOf({ revealsPerMinute }: Principal): number {
  return revealsPerMinute ?? REVEALS_PER_MINUTE
}

/** @returns Why the key may not reveal that, `undefined` if it may. */
function refusalOf({ principal, purpose, fields }: Reveal, found: Found | undefined): DomainError | undefined {
  if (!principal.purposes.has(purpose)) return new PurposeNotAllowed()
  if (!found) return undefined
  const type = found.usable ? found.token.clear.type : found.type
  const missing = fields.find((field) => hasField(type, field) && !principal.scopes.has(revealScope(type, field)))
  return missing && new ScopeMissing(revealScope(type, missing))
}

function hasField(type: ClearInstrument['type'], field: Field): boolean {
  return (FIELDS_OF_TYPE[type] as readonly Field[]).includes(field)
}
