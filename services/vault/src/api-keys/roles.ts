/** What each role may do. No role may reveal: that takes the scope and a purpose on the key itself. */
const SCOPES_OF_ROLE: Readonly<Record<string, readonly string[]>> = {
  checkout: ['token.create', 'token.read', 'token.delete'],
  invoicing: ['token.read'],
  accounting: ['token.read'],
  admin: ['token.create', 'token.read', 'token.delete'],
}

/** The roles that a key of the vault can have. */
export const VAULT_ROLES: readonly string[] = Object.keys(SCOPES_OF_ROLE)

/** Scopes that a key has only if they are named when it is made. */
export const EXPLICIT_SCOPES: readonly string[] = ['token.reveal']

/** @returns The scopes of a role, none for one that is not known. */
export function scopesOf(role: string): readonly string[] {
  return Object.hasOwn(SCOPES_OF_ROLE, role) ? (SCOPES_OF_ROLE[role] ?? []) : []
}
