import { createHash } from 'node:crypto'
import { NotFound, type Principal } from '@kontor/http-api'
import { bucketOf } from '@kontor/ids'
import { parseLogo } from '@kontor/invoice-pdf'
import { isCurrency, UnknownCurrency } from '@kontor/money'
import { type Tx, withTransaction } from '@kontor/postgres'
import type { Static } from 'typebox'
import type { Deps } from '../deps.ts'
import { recordEvent } from '../events/event.ts'
import { digestIntent } from '../idempotency/command.ts'
import { type Answer, LOCK_WAIT_MS, once } from '../idempotency/once.ts'
import { claimExternalId, findByName } from '../names/unique-name.ts'
import { VersionConflict } from '../wire/if-match.ts'
import { refuseCardNumbers } from '../wire/sensitive.ts'
import { PayeeAccountEmpty, UnknownTimeZone } from './errors.ts'
import { fromRequest, type Issuer, toWire } from './issuer.ts'
import * as repo from './repo.ts'
import type { CreateIssuer, PatchIssuer } from './schema.ts'

export function issuers(deps: Deps) {
  const { database } = deps
  return {
    async create(actor: Principal, idempotencyKey: string, body: Static<typeof CreateIssuer>): Promise<Answer> {
      const digest = digestIntent(deps.idempotencySecret, {
        ...actor,
        operation: 'POST /v1/issuers',
        parentId: '',
        idempotencyKey,
        request: body,
      })
      const judge = async () => {
        refuseCardNumbers(body)
        checkIssuer(body)
      }
      const write = async (tx: Tx) => {
        const id = deps.newId(digest.bucket)
        const at = deps.now()
        const issuer: Issuer = {
          ...fromRequest(body),
          id,
          mode: actor.mode,
          logo_sha256: null,
          version: 1,
          created_at: at,
        }
        await claimExternalId(tx, { ...actor, kind: 'issuer', value: body.external_id }, id)
        await repo.insertIssuer(tx, actor, digest.bucket, issuer)
        await recordEvent(tx, actor, {
          id: deps.newId(digest.bucket),
          type: 'issuer.created',
          accountId: null,
          objectId: id,
          objectVersion: 1,
          at,
        })
        return { status: 201, body: toWire(issuer) }
      }
      return once(database, actor.tenantId, digest, { judge, write })
    },

    /** @throws {NotFound} Unknown, or another tenant's. */
    async get(actor: Principal, id: string): Promise<Issuer> {
      const issuer = await repo.findIssuer(database, actor, id)
      if (!issuer) throw new NotFound('issuer')
      return issuer
    },

    async list(
      actor: Principal,
      query: { externalId?: string | undefined; after?: string | undefined; limit: number },
    ): Promise<Issuer[]> {
      if (query.externalId === undefined) return repo.listIssuers(database, actor, query.after, query.limit)
      const id = await findByName(database, { ...actor, kind: 'issuer', value: query.externalId })
      const issuer = id && (await repo.findIssuer(database, actor, id))
      return issuer ? [issuer] : []
    },

    /** @throws {VersionConflict} The issuer is no longer at `version`. */
    async patch(actor: Principal, id: string, version: number, body: Static<typeof PatchIssuer>): Promise<Issuer> {
      if (!(await repo.findIssuer(database, actor, id))) throw new NotFound('issuer')
      const change = async (tx: Tx) => {
        const changes = { small_difference_minor: BigInt(body.small_difference_minor) }
        const issuer = await repo.updateIssuer(tx, actor, id, version, changes)
        if (!issuer) throw new VersionConflict()
        await recordEvent(tx, actor, {
          id: deps.newId(bucketOf(id)),
          type: 'issuer.updated',
          accountId: null,
          objectId: id,
          objectVersion: issuer.version,
          at: deps.now(),
        })
        return issuer
      }
      return withTransaction(database.knex, change, { lockTimeoutMs: LOCK_WAIT_MS })
    },

    /**
     * Replaces the logo.
     *
     * @throws {InvalidLogo} Not a picture that can be printed: found here, because a document that was issued with it
     *   would never get its PDF.
     */
    async putLogo(actor: Principal, id: string, image: Buffer): Promise<void> {
      parseLogo(image)
      const change = async (tx: Tx) => {
        const sha256 = createHash('sha256').update(image).digest()
        const version = await repo.updateLogo(tx, actor, id, { sha256, bytes: image })
        if (version === undefined) throw new NotFound('issuer')
        await recordEvent(tx, actor, {
          id: deps.newId(bucketOf(id)),
          type: 'issuer.updated',
          accountId: null,
          objectId: id,
          objectVersion: version,
          at: deps.now(),
        })
      }
      await withTransaction(database.knex, change, { lockTimeoutMs: LOCK_WAIT_MS })
    },
  }
}

function checkIssuer(body: Static<typeof CreateIssuer>): void {
  for (const [index, account] of (body.payee_accounts ?? []).entries()) {
    if ((account.iban === undefined) === (account.account_number === undefined)) {
      throw new PayeeAccountEmpty().at(`/payee_accounts/${index}`)
    }
  }
  if (body.currency !== undefined && !isCurrency(body.currency))
    throw new UnknownCurrency('name an active ISO 4217 currency').at('/currency')
  if (body.time_zone !== undefined && !isTimeZone(body.time_zone)) throw new UnknownTimeZone().at('/time_zone')
}

/** An offset such as +01:00 would be taken too, yet it is no zone: it knows no summer time. */
function isTimeZone(name: string): boolean {
  if (!/^[A-Za-z]/.test(name)) return false
  try {
    new Intl.DateTimeFormat('en', { timeZone: name })
    return true
  } catch {
    return false
  }
}
