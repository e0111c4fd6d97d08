/** What a wrapped key is tied to: strings and integers. The root KEK's own id is added to them. */
export type KeyContext = Readonly<Record<string, string | number>>

/** A wrapped key as it is stored: what it became, and which root KEK unwraps it. */
export interface WrappedKey {
  readonly kid: string
  readonly wrapped: string
}

/** What may be told of a root KEK. */
export interface RootKeyInfo {
  readonly kid: string
  /** Exactly one is current. A retired one unwraps what it has wrapped, and wraps nothing new. */
  readonly state: 'current' | 'retired'
  /** RFC 3339 instant in UTC. */
  readonly createdAt: string
}

/**
 * Holds the root KEKs and wraps tenant KEKs with them. A root KEK never leaves its provider, so that a provider may as
 * well be a device or a service that does not hand keys out.
 *
 * Root KEKs may be added and destroyed by another process at any time: whoever asks again gets the answer of now.
 *
 * Every function throws `KeyProviderUnavailable` while the provider cannot be asked, `KeyProviderRefused` when it does not
 * serve us, and of a keystore file whatever is wrong with the file.
 */
export interface KeyProvider {
  /** @returns The id of the root KEK that wraps what is wrapped now. */
  currentKid(): Promise<string>

  /** @returns All root KEKs, the current one first, then by age with the youngest in front. */
  kids(): Promise<readonly RootKeyInfo[]>

  /**
   * Wraps under the current root KEK. Which one that is comes back with what was wrapped: asked for beforehand, it might
   * no longer be the current one.
   *
   * @param key 32 bytes.
   * @returns What to store; it opens only with the same context.
   * @throws {TypeError} The key is not 32 bytes long, or the context cannot be bound or names `kid` itself.
   */
  wrap(key: Buffer, context: KeyContext): Promise<WrappedKey>

  /**
   * @returns The 32 bytes that were wrapped.
   * @throws {RootKeyMissing} The provider does not hold that key, or no longer.
   * @throws {IntegrityViolation} It was not wrapped by this key in this context, or was altered.
   */
  unwrap(kid: string, wrapped: string, context: KeyContext): Promise<Buffer>
}

/** What only a person does with root KEKs. The vault itself is never given this. */
export interface RootKeyAdministration {
  /** Makes a new root KEK the current one. @returns Its id. */
  rotate(): Promise<string>

  /**
   * Destroys a retired root KEK for good: whatever is still wrapped by it is lost. Whether something is, the caller knows.
   *
   * @throws {RootKeyMissing} There is none of that id.
   * @throws {RootKeyIsCurrent} The current one is never destroyed.
   * @throws {RootKeyNotOldest} The provider destroys its keys from the oldest on only.
   */
  destroy(kid: string): Promise<void>
}
