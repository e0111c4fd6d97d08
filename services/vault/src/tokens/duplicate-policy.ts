import { type Principal, ScopeMissing } from '@kontor/http-api'
import { AccountRequired, DedupScopeNotAllowed } from './errors.ts'
import type { CreateTokenBody } from './request-schema.ts'

/** What to do with an instrument whose number is known. */
export type OnDuplicate = 'create' | 'return_existing' | 'update' | 'reject'

/** What counts as a duplicate, and what is done about it. */
export interface DuplicatePolicy {
  readonly onDuplicate: OnDuplicate
  /** Where one is looked for. */
  readonly scope: 'account' | 'tenant'
}

const TENANT_WIDE = 'token.dedup_tenant'

/**
 * @throws {ScopeMissing} The key may not ask what others of the tenant have.
 * @throws {DedupScopeNotAllowed | AccountRequired} 422.
 */
export function readPolicy(body: CreateTokenBody, principal: Principal): DuplicatePolicy {
  const { on_duplicate: onDuplicate = 'create', dedup_scope: scope = 'account', account_id: accountId } = body
  if (scope === 'tenant') {
    if (!principal.scopes.has(TENANT_WIDE)) throw new ScopeMissing(TENANT_WIDE)
    // Anything else would hand out another customer's token, or change it.
    if (onDuplicate !== 'reject') throw new DedupScopeNotAllowed().at('/dedup_scope')
  } else if (onDuplicate !== 'create' && accountId === undefined) {
    throw new AccountRequired().at('/account_id')
  }
  return { onDuplicate, scope }
}
