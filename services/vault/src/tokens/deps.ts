import type { NewId } from '@kontor/ids'
import type { Database } from '@kontor/postgres'
import type { AuditGate } from '../audit/gate.ts'
import type { Deks } from '../keys/deks.ts'
import type { TenantKeys } from '../keys/tenant-keys.ts'
import type { Subjects } from '../subjects/subjects.ts'

/** What the tokens feature is given. */
export interface TokenDeps {
  readonly database: Database
  readonly tenantKeys: TenantKeys
  readonly deks: Deks
  readonly subjects: Subjects
  readonly newId: NewId
  readonly now: () => Date
  /** Closed while a reveal could not be proved. */
  readonly auditGate: AuditGate
}
