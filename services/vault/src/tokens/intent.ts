import { createHmac } from 'node:crypto'
import type { Mode } from '@kontor/http-api'
import canonicalize from 'canonicalize'
import type { Subkeys } from '../keys/subkeys.ts'
import type { CreateTokenBody } from './request-schema.ts'

/** What of a caller's intent is stored: keyed digests, from which neither key nor request can be guessed. */
export interface IntentDigest {
  /** 32 bytes: who wants to do what, under which name. */
  readonly intent: Buffer
  /** 32 bytes: what was sent; a changed request has another one. */
  readonly request: Buffer
}

const CREATE = 'POST /v1/tokens'
const ATTACH = 'POST /v1/tokens/:tokenId/attach'

/**
 * Digests the intent to make a token. Its scope is tenant (by the key of the HMAC), mode, method and route, and account;
 * never the API key, so that a retry after the key was rotated finds what the first try did.
 *
 * @param accountId UUID, `undefined` for a guest.
 */
export function digestIntent(
  subkeys: Subkeys,
  mode: Mode,
  accountId: string | undefined,
  idempotencyKey: string,
  body: CreateTokenBody,
): IntentDigest {
  const scope = JSON.stringify([mode, CREATE, accountId ?? null, idempotencyKey])
  return {
    intent: createHmac('sha256', subkeys.idempotency).update(scope).digest(),
    request: createHmac('sha256', subkeys.request)
      .update(canonicalize(withoutCvc(body)) ?? '')
      .digest(),
  }
}

/**
 * The code is left out of the digest: it must not be kept in any form, and a digest that may be compared with the next
 * request would say whether a guessed code was the right one. So a retry with another CVC counts as the same request.
 *
 * @see PCI DSS 4.0, 3.3.1.2
 */
function withoutCvc(body: CreateTokenBody): object {
  if (body.type !== 'card') return body
  const { cvc: _, ...card } = body.card
  return { ...body, card }
}

/** Digests the intent to attach a token. Its scope is the token, so that the same key cannot take it to two accounts. */
export function digestAttach(
  subkeys: Subkeys,
  mode: Mode,
  asked: { readonly tokenId: string; readonly accountId: string; readonly idempotencyKey: string },
): IntentDigest {
  const scope = JSON.stringify([mode, ATTACH, asked.tokenId, asked.idempotencyKey])
  return {
    intent: createHmac('sha256', subkeys.idempotency).update(scope).digest(),
    request: createHmac('sha256', subkeys.request)
      .update(JSON.stringify({ account_id: asked.accountId }))
      .digest(),
  }
}
