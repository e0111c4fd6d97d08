import { createHmac } from 'node:crypto'
import canonicalize from 'canonicalize'
import type { Subkeys } from '../keys/subkeys.ts'
import type { AttemptId } from '../registration-ledger/registration.ts'
import type { Token } from '../tokens/token.ts'
import type { RegisterBody } from './schema.ts'

const REGISTER = 'POST /v1/tokens/:tokenId/registrations'

export interface IntentDigest {
  /** 32 bytes: who wants what registered, under which name. */
  readonly intent: Buffer
  /** 32 bytes: what was sent, but for the code of the card, which is kept in no form (PCI DSS 3.3.1.2). */
  readonly request: Buffer
}

export function digestRegistration(
  subkeys: Subkeys,
  { id, mode }: Pick<Token, 'id' | 'mode'>,
  idempotencyKey: string,
  body: RegisterBody,
): IntentDigest {
  const { cvc: _, ...kept } = body
  return {
    intent: createHmac('sha256', subkeys.idempotency)
      .update(JSON.stringify([mode, REGISTER, id, idempotencyKey]))
      .digest(),
    request: createHmac('sha256', subkeys.request)
      .update(canonicalize(kept) ?? '')
      .digest(),
  }
}

/** @returns The name under which an intent is sent to the processor, each time it is sent. */
export function registerKey(subkeys: Subkeys, { tokenId, mode, processor }: AttemptId, intent: Buffer): string {
  return nameOf(subkeys, ['register', mode, tokenId, processor, intent.toString('base64url')])
}

/** @returns The name under which a registration is finished: it follows the registration when its token is attached to an account. */
export function finishKey(subkeys: Subkeys, { mode, processor }: AttemptId, waitingAs: string): string {
  return nameOf(subkeys, ['finish', mode, processor, waitingAs])
}

/** 47 characters out of those that every processor takes. */
function nameOf(subkeys: Subkeys, parts: readonly string[]): string {
  return `kon:${createHmac('sha256', subkeys.processorKey).update(JSON.stringify(parts)).digest('base64url')}`
}
