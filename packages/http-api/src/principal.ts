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
  /** Requests that the key may send a minute; without it, as many as the server allows to any key. */
  readonly requestsPerMinute?: number | undefined
  /** Reveals that the key may ask for a minute; without it, as many as the vault allows to any key. */
  readonly revealsPerMinute?: number | undefined
  /** Where the key may be used from; without it, from anywhere. */
  readonly networks?: SourceNetworks | undefined
}

/** The networks that a key is bound to. */
export interface SourceNetworks {
  /** @param address IPv4 or IPv6, in textual form. */
  includes(address: string): boolean
}

/**
 * Finds the principal of a bearer key.
 *
 * @param bearer The text after `Bearer `.
 * @param forwardedTenant The `Kontor-Tenant` header, which only a service key may use.
 * @param onlyKnown Refuses, without asking the database, a key that this process has not found good lately.
 * @returns `undefined` for a key that is unknown, expired or revoked; the caller is told no more than that. At once, and not as a promise,
 *   where nothing has to be asked: that is nearly every request.
 */
export type Authenticate = (
  bearer: string,
  forwardedTenant: string | undefined,
  onlyKnown?: boolean,
) => Principal | undefined | Promise<Principal | undefined>

/**
 * @param scope An exact one; or `thing.do:*`, which any scope that begins with `thing.do:` meets. What each of those allows is then for
 *   the use case to check.
 * @throws {ScopeMissing} When the key does not carry `scope`.
 */
export function requireScope({ scopes }: Pick<Principal, 'scopes'>, scope: string): void {
  if (scopes.has(scope)) return
  if (scope.endsWith(':*')) {
    const start = scope.slice(0, -1)
    for (const held of scopes) if (held.length > start.length && held.startsWith(start)) return
  }
  throw new ScopeMissing(scope)
}
