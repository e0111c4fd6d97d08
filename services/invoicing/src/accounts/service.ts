import { NotFound, type Principal } from '@kontor/http-api'
import { bucketOf } from '@kontor/ids'
import { type Tx, withTransaction } from '@kontor/postgres'
import type { Static } from 'typebox'
import type { Deps } from '../deps.ts'
import { recordEvent } from '../events/event.ts'
import { digestIntent } from '../idempotency/command.ts'
import { type Answer, LOCK_WAIT_MS, once } from '../idempotency/once.ts'
import { claimExternalId, claimName, findByName } from '../names/unique-name.ts'
import { VersionConflict } from '../wire/if-match.ts'
import { refuseCardNumbers } from '../wire/sensitive.ts'
import { type Account, fromRequest, toWire } from './account.ts'
import { drawCustomerNumber } from './customer-number.ts'
import * as repo from './repo.ts'
import type { CreateAccount, PatchAccount } from './schema.ts'

export function accounts(deps: Deps) {
  const { database } = deps

  /** Draws customer numbers until one is free. With 90 million numbers a second draw is rare and a tenth unheard of. */
  async function claimCustomerNumber(tx: Tx, actor: Principal, accountId: string): Promise<string> {
    for (;;) {
      const value = drawCustomerNumber(deps.random)
      if (await claimName(tx, { ...actor, kind: 'customer_number', value }, accountId)) return value
    }
  }

  return {
    async create(actor: Principal, idempotencyKey: string, body: Static<typeof CreateAccount>): Promise<Answer> {
      const digest = digestIntent(deps.idempotencySecret, {
        ...actor,
        operation: 'POST /v1/accounts',
        parentId: '',
        idempotencyKey,
        request: body,
      })
      const judge = async () => refuseCardNumbers(body)
      const write = async (tx: Tx) => {
        const id = deps.newId(digest.bucket)
        const at = deps.now()
        await claimExternalId(tx, { ...actor, kind: 'account', value: body.external_id }, id)
        const customer_number = await claimCustomerNumber(tx, actor, id)
        const account: Account = {
          ...fromRequest(body),
          id,
          mode: actor.mode,
          customer_number,
          version: 1,
          created_at: at,
        }
        await repo.insertAccount(tx, actor, account)
        await recordEvent(tx, actor, {
          id: deps.newId(digest.bucket),
          type: 'account.created',
          accountId: id,
          objectId: id,
          objectVersion: 1,
          at,
        })
        return { status: 201, body: toWire(account) }
      }
      return once(database, actor.tenantId, digest, { judge, write })
    },

    /** @throws {NotFound} Unknown, or another tenant's. */
    async get(actor: Principal, id: string): Promise<Account> {
      const account = await repo.findAccount(database, actor, id)
      if (!account) throw new NotFound('account')
      return account
    },

    async list(
      actor: Principal,
      query: { externalId?: string | undefined; after?: string | undefined; limit: number },
    ): Promise<Account[]> {
      if (query.externalId === undefined) return repo.listAccounts(database, actor, query.after, query.limit)
      const id = await findByName(database, { ...actor, kind: 'account', value: query.externalId })
      const account = id && (await repo.findAccount(database, actor, id))
      return account ? [account] : []
    },

    /**
     * Changes an account. Issued documents keep the name and address they were issued with.
     *
     * @throws {VersionConflict} The account is no longer at `version`.
     */
    async patch(actor: Principal, id: string, version: number, body: Static<typeof PatchAccount>): Promise<Account> {
      refuseCardNumbers(body)
      const change = async (tx: Tx) => {
        const account = await repo.lockAccount(tx, actor, id)
        if (!account) throw new NotFound('account')
        if (account.version !== version) throw new VersionConflict()
        const changed = await repo.updateAccount(tx, id, body)
        await recordEvent(tx, actor, {
          id: deps.newId(bucketOf(id)),
          type: 'account.updated',
          accountId: id,
          objectId: id,
          objectVersion: changed.version,
          at: deps.now(),
        })
        return changed
      }
      return withTransaction(database.knex, change, { lockTimeoutMs: LOCK_WAIT_MS })
    },
  }
}
