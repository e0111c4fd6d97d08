/** What a wrapped key is tied to: strings and integers that become its protected header. `kid` is added to them. */
export type KeyContext = Readonly<Record<string, string | number>>

/**
 * Holds the root KEKs and wraps tenant KEKs with them. A root KEK never leaves its provider, so that a provider may as
 * well be a device or a service that does not hand keys out.
 */
export interface KeyProvider {
  /** @returns The id of the root KEK that wraps new keys. */
  currentKid(): string

  /**
   * @param kid The id of the current root KEK.
   * @param tenantKek 32 bytes.
   * @returns Text to store beside `kid`; it opens only with the same context.
   * @throws {RootKeyMissing} The provider does not hold that key.
   * @throws {RootKeyRetired} The key unwraps what it has wrapped, but wraps nothing new.
   * @throws {TypeError} The tenant KEK is not 32 bytes long, or the context cannot be bound or names `kid` itself.
   */
  wrap(kid: string, tenantKek: Buffer, context: KeyContext): Promise<string>

  /**
   * @returns The 32 bytes that were wrapped.
   * @throws {RootKeyMissing} The provider does not hold that key.
   * @throws {IntegrityViolation} It was not wrapped by this key in this context, or was altered.
   */
  unwrap(kid: string, wrapped: string, context: KeyContext): Promise<Buffer>

  /** @returns The ids of all root KEKs, the current one first. */
  kids(): readonly string[]
}
