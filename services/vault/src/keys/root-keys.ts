/** What the keys module needs of a key provider: the root KEK stays inside it. */
export interface RootKeys {
  /** Wraps a tenant's KEK by the current root KEK, bound to `header`. */
  wrap(key: Buffer, header: Readonly<Record<string, string | number>>): Promise<{ kid: string; wrapped: string }>
  /** @throws {IntegrityViolation} It was not wrapped by the root KEK `kid` with that header. */
  unwrap(wrapped: string, kid: string, header: Readonly<Record<string, string | number>>): Promise<Buffer>
  /** Throws when the provider cannot do its work. */
  ready(): Promise<void>
}
