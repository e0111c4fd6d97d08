import { FIELDS_OF_TYPE, revealScope } from '../tokens/fields.ts'

const EVERYBODY = ['signing_key.read']
const CHECKOUT = ['token.create', 'token.read', 'token.update', 'token.delete', 'token.attach']
const REGISTER = ['token.register']
const PRIVACY = ['token.read', 'account.erase', 'account.hold']
const CUSTODIAN = ['key.read', 'key.rotate', 'key.rewrap', 'key.destroy']
const AUDITOR = ['audit.read', 'key.read', 'processor.read', 'event.read']
const PROCESSORS = ['processor.read', 'processor.write']

/** What each role may do. No role may reveal: that takes scopes and a purpose on the key itself. */
const SCOPES_OF_ROLE: Readonly<Record<string, readonly string[]>> = {
  checkout: [...CHECKOUT, ...REGISTER, ...EVERYBODY],
  // Its service key reads what happened, and tells the tenant: the vault calls nobody.
  invoicing: ['token.read', ...REGISTER, 'event.read', ...EVERYBODY],
  accounting: ['token.read', ...EVERYBODY],
  privacy: [...PRIVACY, ...EVERYBODY],
  custodian: [...CUSTODIAN, ...EVERYBODY],
  auditor: [...AUDITOR, ...EVERYBODY],
  admin: [...new Set([...CHECKOUT, ...REGISTER, ...PRIVACY, ...CUSTODIAN, ...AUDITOR, ...PROCESSORS, ...EVERYBODY])],
}

/** The roles that a key of the vault can have. */
export const VAULT_ROLES: readonly string[] = Object.keys(SCOPES_OF_ROLE)

const TYPES = Object.keys(FIELDS_OF_TYPE) as (keyof typeof FIELDS_OF_TYPE)[]

/** One scope for each field of each type that can be revealed. */
export const REVEAL_SCOPES: readonly string[] = TYPES.flatMap((type) =>
  FIELDS_OF_TYPE[type].map((field) => revealScope(type, field)),
)

/** What the service key of invoicing needs beyond its role to charge: the tenants' credentials of their processors. */
export const SERVICE_KEY_SCOPES: readonly string[] = ['secret.read:processor']

/** Scopes that a key has only if they are named when it is made. */
export const EXPLICIT_SCOPES: readonly string[] = [...REVEAL_SCOPES, 'token.dedup_tenant', ...SERVICE_KEY_SCOPES]

/**
 * Writes out the scopes that were named: `token.reveal` is every field, `token.reveal:card` every field of a card.
 *
 * @returns Exact scopes; a name that is none of ours stays as it is, for the caller to refuse.
 */
export function expandScopes(named: readonly string[]): string[] {
  const expanded = named.flatMap((name) => {
    const within = REVEAL_SCOPES.filter((scope) => scope.startsWith(`${name}:`))
    return within.length > 0 ? within : [name]
  })
  return [...new Set(expanded)]
}

/** @returns The scopes of a role, none for one that is not known. */
export function scopesOf(role: string): readonly string[] {
  return Object.hasOwn(SCOPES_OF_ROLE, role) ? (SCOPES_OF_ROLE[role] ?? []) : []
}
