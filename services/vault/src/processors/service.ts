import { IfMatchRequired, NotFound, type Principal } from '@kontor/http-api'
import { bucketOf, type NewId } from '@kontor/ids'
import { Secret } from '@kontor/payment-data'
import { type Database, type Tx, withTransaction } from '@kontor/postgres'
import type { AuditGate } from '../audit/gate.ts'
import type { EventType } from '../events/catalogue.ts'
import { eventData, macOf, type VaultEvent } from '../events/event.ts'
import { insertEvent } from '../events/repo.ts'
import type { Subkeys } from '../keys/subkeys.ts'
import type { TenantKeys } from '../keys/tenant-keys.ts'
import {
  type ConfiguredProcessor,
  type Credentials,
  checkCredentials,
  type MaskedCredentials,
  maskCredentials,
} from './credentials.ts'
import { OtherProcessor, VersionConflict } from './errors.ts'
import {
  type CredentialRow,
  findCredentials,
  insertCredentials,
  listCredentials,
  lockCredentials,
  updateCredentials,
} from './repo.ts'
import { openCredentials, sealCredentials } from './sealed-credentials.ts'

/** What the feature is given. */
export interface ProcessorsDeps {
  readonly database: Database
  readonly tenantKeys: TenantKeys
  readonly newId: NewId
  readonly now: () => Date
  /** Closed while it could not be proved to whom credentials were given. */
  readonly auditGate: AuditGate
}

/** A request about the credentials of one processor. */
export interface OfProcessor {
  readonly principal: Principal
  readonly requestId: string
  readonly processor: ConfiguredProcessor
}

export interface PutCredentials extends OfProcessor {
  readonly credentials: Credentials
  /** The version that the caller read, 0 for one that is none; `undefined` where the caller believes that there are none. */
  readonly version: number | undefined
}

/** What is shown of credentials. */
export interface ShownProcessor extends MaskedCredentials {
  readonly processor: ConfiguredProcessor
  readonly version: number
  readonly updatedAt: Date
}

export interface GivenCredentials {
  readonly version: number
  readonly credentials: Secret<Credentials>
}

const ATTEMPTS_MAX = 3
const FIRST_VERSION = 1

/** The use cases of a tenant's access to its processors. */
export function processors({ database, tenantKeys, newId, now, auditGate }: ProcessorsDeps) {
  function eventOf({ principal, requestId, processor }: OfProcessor, type: EventType, version: number): VaultEvent {
    const { tenantId, mode, keyId } = principal
    return {
      id: newId(bucketOf(tenantId)),
      tenantId,
      mode,
      type,
      subjectId: tenantId,
      objectId: tenantId,
      objectVersion: version,
      actorKeyId: keyId,
      purpose: null,
      requestId,
      at: now(),
      data: eventData({ processor }),
    }
  }

  async function note(tx: Tx, command: OfProcessor, type: EventType, version: number, subkeys: Subkeys): Promise<void> {
    const event = eventOf(command, type, version)
    await insertEvent(tx, event, macOf(event, subkeys.event))
  }

  /** @returns `undefined` where a row was made at the same moment. */
  async function write(tx: Tx, command: PutCredentials, subkeys: Subkeys): Promise<CredentialRow | undefined> {
    const { principal, processor, credentials } = command
    const before = await lockCredentials(tx, principal, processor)
    if (before?.record && command.version === undefined) throw new IfMatchRequired()
    if (command.version !== undefined && (!before?.record || before.version !== command.version))
      throw new VersionConflict()
    const version = before ? before.version + 1 : FIRST_VERSION
    const { tenantId, mode } = principal
    const record = sealCredentials(new Secret(credentials), subkeys, { tenantId, mode, processor, version })
    const row = { processor, version, record, updated_at: now() }
    if (before) await updateCredentials(tx, principal, row)
    else if (!(await insertCredentials(tx, principal, row))) return undefined
    await note(tx, command, 'processor.configured', version, subkeys)
    return row
  }

  return {
    /**
     * Stores what a processor gave the tenant, or replaces it.
     *
     * @returns What may be shown of it, and whether there was none before.
     * @throws {ModeMismatch | CredentialsMalformed | OtherProcessor} 422.
     * @throws {IfMatchRequired | VersionConflict} 428, 412: there are some.
     */
    async put(command: PutCredentials): Promise<{ shown: ShownProcessor; created: boolean }> {
      const { principal, processor, credentials } = command
      if (credentials[processor] === undefined) throw new OtherProcessor()
      checkCredentials(credentials, principal.mode)
      const subkeys = await tenantKeys.subkeys(principal.tenantId)
      for (let attempt = 1; attempt <= ATTEMPTS_MAX; attempt++) {
        const row = await withTransaction(database.knex, (tx) => write(tx, command, subkeys))
        if (row) return { shown: toShown(row, credentials), created: command.version === undefined }
      }
      throw new Error('credentials could be neither made nor found')
    },

    /** @returns What may be shown of each processor's. @throws {IntegrityViolation} A row is not what it says it is. */
    async list(principal: Principal): Promise<ShownProcessor[]> {
      const rows = await listCredentials(database, principal)
      if (rows.length === 0) return []
      const subkeys = await tenantKeys.subkeys(principal.tenantId)
      return rows.map((row) => toShown(row, opened(principal, row, subkeys).reveal()))
    },

    /** Removes them; repeating it is no error. */
    async remove(command: OfProcessor): Promise<void> {
      const { principal, processor } = command
      const subkeys = await tenantKeys.subkeys(principal.tenantId)
      await withTransaction(database.knex, async (tx) => {
        const before = await lockCredentials(tx, principal, processor)
        if (!before?.record) return
        const version = before.version + 1
        await updateCredentials(tx, principal, { processor, version, record: null, updated_at: now() })
        await note(tx, command, 'processor.removed', version, subkeys)
      })
    },

    /**
     * Gives the credentials away, after the event that says so is committed.
     *
     * @throws {NotFound} There are none.
     * @throws {Unavailable} 503 `audit_unavailable`.
     * @throws {IntegrityViolation} The row is not what it says it is.
     */
    async give(command: OfProcessor): Promise<GivenCredentials> {
      const { principal, processor } = command
      const row = await findCredentials(database, principal, processor)
      if (!row?.record) throw new NotFound('processor')
      const subkeys = await tenantKeys.subkeys(principal.tenantId)
      await auditGate.check()
      const credentials = opened(principal, row, subkeys)
      await withTransaction(database.knex, (tx) =>
        note(tx, command, 'processor.credentials_read', row.version, subkeys),
      )
      return { version: row.version, credentials }
    },
  }
}

export type Processors = ReturnType<typeof processors>

function opened(principal: Principal, { processor, version, record }: CredentialRow, subkeys: Subkeys) {
  const { tenantId, mode } = principal
  return openCredentials(record as string, subkeys, { tenantId, mode, processor, version })
}

function toShown({ processor, version, updated_at: updatedAt }: CredentialRow, credentials: Credentials) {
  return { processor, version, updatedAt, ...maskCredentials(credentials) }
}
