import { ScopeMissing } from './errors.ts'

/** Tenant data is either test or live, and the two never meet. */
export type Mode = 'test' | 'live'

/** Who asks: an API key that was found, is not expired and belongs to one tenant and one mode. */
export interface Principal {
  readonly keyId: string
  readonly tenantId: string
  readonly mode: Mode
  readonly role: string
  readonly scopes: ReadonlySet<string>
  /** What the key may give as the reason of a reveal. */
  readonly purposes: ReadonlySet<string>
}

/**
 * Finds the principal of a bearer key.
 *
 * @param bearer The text after `Bearer `.
 * @param forwardedTenant The `Kontor-Tenant` header, which only a service key may use.
 * @returns `undefined` for a key that is unknown, expired or revoked; the caller is told no more than that.
 */
export type Authenticate = (bearer: string, forwardedTenant: string | undefined) => Promise<Principal | undefined>

/** @throws {ScopeMissing} When the key does not carry `scope`. */
export function requireScope(principal: Principal, scope: string): void {
  if (!principal.scopes.has(scope)) throw new ScopeMissing(scope)
}
