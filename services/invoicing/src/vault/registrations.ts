import { createHash } from 'node:crypto'
import { NotFound, OutcomeUnknown, Unavailable } from '@kontor/http-api'
import { formatId } from '@kontor/ids'
import { DomainError } from '@kontor/problem'
import type { InstrumentReference, Processor } from '@kontor/processors'
import { askVault, type VaultAccess, type VaultOwner } from './ask.ts'
import { type ListedRegistrations, TokenGone } from './client.ts'
import { NotRegistered, ProcessorNotReached, RegistrationLost, RegistrationRefused } from './registration-errors.ts'

/** An instrument as a processor knows it. */
export type Registration = InstrumentReference

/**
 * Asks the vault how a processor knows a token, and has it registered there where it is not yet.
 *
 * @param known What the vault has just listed; it is asked for the list without.
 * @throws {NotFound} The tenant has no such token.
 * @throws {TokenGone} It was deleted, erased or has expired.
 * @throws {RegistrationRefused} The processor is not configured, or takes no instrument of this kind; a mandate is missing.
 * @throws {NotRegistered} The payer has to agree first, or the processor refuses the instrument.
 * @throws {ProcessorNotReached} Nothing was sent.
 * @throws {OutcomeUnknown} Nobody knows; the same question again finds out.
 */
export type RegistrationOf = (
  owner: VaultOwner,
  tokenId: string,
  processor: Processor['name'],
  known?: ListedRegistrations,
) => Promise<Registration>

const TIMEOUT_MS = 5_000
/** Behind the vault a processor is asked, several times where it takes more than one request. */
const REGISTER_TIMEOUT_MS = 60_000
/** Each of them would have been lost for good, hours apart. */
const INTENTS_MAX = 5

export function vaultRegistrations(access: VaultAccess): RegistrationOf {
  async function asked(owner: VaultOwner, question: Parameters<typeof askVault>[2]): Promise<unknown> {
    try {
      const response = await askVault(access, owner, question)
      if (response.ok) return await response.json()
      throw await refusalOf(response)
    } catch (cause) {
      if (cause instanceof DomainError) throw cause
      throw new Unavailable('vault_unavailable', 'the vault', { cause })
    }
  }

  return async (owner, tokenId, processor, listed) => {
    const path = `/v1/tokens/${formatId('tok', tokenId)}/registrations`
    const entries = listed ?? entriesOf(await asked(owner, { method: 'GET', path, timeoutMs: TIMEOUT_MS }))
    const known = entries.find((entry) => entry.processor === processor)
    if (known && isLeftAsItIs(known)) return readRegistration(known, processor)
    const after = known && lastEnded(known)
    for (let intent = 1; ; intent++) {
      const idempotencyKey = registrationKey(tokenId, processor, { intent, after })
      try {
        const made = await asked(owner, {
          method: 'POST',
          path,
          timeoutMs: REGISTER_TIMEOUT_MS,
          idempotencyKey,
          body: { processor },
        })
        return readRegistration(made as Entry, processor)
      } catch (error) {
        if (!(error instanceof RegistrationLost) || intent === INTENTS_MAX) throw error
      }
    }
  }
}

/**
 * In letters: digits of an id could look like a card number, which no key may.
 *
 * @param after The attempt that came to something before, where another one is to follow. As long as that one has come to nothing, the
 *   key stays the same, whoever dies.
 */
export function registrationKey(
  tokenId: string,
  processor: string,
  { intent = 1, after }: { readonly intent?: number; readonly after?: number | undefined } = {},
): string {
  const digest = createHash('sha256')
    .update(`${processor} ${tokenId}${after === undefined ? '' : ` after ${after}`}${intent === 1 ? '' : ` ${intent}`}`)
    .digest('hex')
  return `register-${digest.replace(/[0-9]/g, (digit) => String.fromCharCode(103 + Number(digit)))}`
}

type Entry = Readonly<Record<string, unknown>>

function entriesOf(listed: unknown): readonly Entry[] {
  const { data } = (listed ?? {}) as Entry
  if (!Array.isArray(data)) throw new Unavailable('vault_unavailable', 'the vault')
  return data as Entry[]
}

/**
 * What stands at a processor is taken as it is, unless the card was changed since, or was declined for the moment: then another attempt
 * follows. What was declined for good is not asked again before the card is another one.
 */
function isLeftAsItIs({ state, outdated, decline }: Entry): boolean {
  if (outdated === true) return false
  return state === 'registered' || (state === 'declined' && ((decline ?? {}) as Entry).soft === false)
}

/** The attempt that another one follows; `undefined` where none has come to anything yet, or one waits for the payer. */
function lastEnded({ state, outdated, attempt }: Entry): number | undefined {
  return (outdated === true || state === 'declined') && typeof attempt === 'number' ? attempt : undefined
}

const TYPES: readonly unknown[] = ['card', 'sepa_debit', 'paypal'] satisfies Registration['type'][]
/** What ids of processors are made of; nothing else is handed on. */
const isId = (value: unknown): value is string => typeof value === 'string' && /^[\x21-\x7e]{1,255}$/.test(value)

function readRegistration({ processor: named, state, reference, decline }: Entry, processor: string): Registration {
  if (named !== processor || typeof state !== 'string') throw new Unavailable('vault_unavailable', 'the vault')
  if (state !== 'registered') {
    const reason = ((decline ?? {}) as Entry).reason
    throw new NotRegistered(state, typeof reason === 'string' ? reason : null)
  }
  const { type, instrument, customer, mandate } = (reference ?? {}) as Entry
  if (!TYPES.includes(type) || !isId(instrument)) throw new Unavailable('vault_unavailable', 'the vault')
  return {
    type: type as Registration['type'],
    instrument,
    ...(isId(customer) ? { customer } : {}),
    ...(isId(mandate) ? { mandate } : {}),
  }
}

async function refusalOf(response: Response): Promise<Error> {
  const { status } = response
  const problem: unknown = await response.json().catch(() => undefined)
  const code = ((problem ?? {}) as Entry).code
  if (status === 404) return new NotFound('token').at('/token_id')
  if (status === 410) return new TokenGone()
  if (code === 'registration_key_expired' || code === 'registration_superseded') return new RegistrationLost()
  if (status === 422) return new RegistrationRefused(code)
  if (code === 'too_many_declines') return new NotRegistered('declined', code)
  if (status === 502) return new ProcessorNotReached()
  if (status === 504) return new OutcomeUnknown({ cause: new Error('the processor did not answer the vault') })
  return new Unavailable('vault_unavailable', 'the vault', { cause: new Error(`the vault answered ${status}`) })
}
