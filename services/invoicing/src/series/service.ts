import { NotFound, type Principal } from '@kontor/http-api'
import { bucketOf } from '@kontor/ids'
import { type Tx, withTransaction } from '@kontor/postgres'
import type { Deps } from '../deps.ts'
import { checkDay } from '../documents/calendar.ts'
import { UnknownReference } from '../documents/errors.ts'
import { recordEvent } from '../events/event.ts'
import { LOCK_WAIT_MS } from '../idempotency/once.ts'
import type { Owner } from '../issuers/repo.ts'
import { SeriesInUse, SeriesMismatch } from '../numbering/errors.ts'
import type { Numbering, Period } from '../numbering/format.ts'
import { NUMBERED_TYPES, type NumberedType } from '../numbering/numbered-type.ts'
import { checkNumberings, completeNumberings, type Numberings } from '../numbering/numbering.ts'
import * as repo from '../numbering/numbering-repo.ts'
import { keyOf, openSeries, seriesBucket } from '../numbering/series.ts'
import { VersionConflict } from '../wire/if-match.ts'
import { findSeries, lockSeries, type SeriesRow, updateStart } from './list-series.ts'

/** A series that is to go on from another system, perhaps before its first document. */
export interface StartOf {
  readonly issuerId: string
  readonly documentType: NumberedType
  readonly accountId: string | undefined
  readonly period: string | undefined
}

export function numberings(deps: Deps) {
  const { database } = deps
  const inTransaction = <T>(work: (tx: Tx) => Promise<T>) =>
    withTransaction(database.knex, work, { lockTimeoutMs: LOCK_WAIT_MS })

  /** Sets where a series begins, once. The same again changes nothing. */
  async function start(tx: Tx, actor: Principal, row: SeriesRow, nextSeq: bigint): Promise<SeriesRow> {
    if (row.next_seq > row.first_seq) throw new SeriesInUse('numbers were drawn from it')
    if (row.started_at !== null) {
      if (row.first_seq === nextSeq) return row
      throw new SeriesInUse('its start was set before')
    }
    const at = deps.now()
    const started = await updateStart(tx, row.id, { nextSeq, at, by: actor.keyId })
    await recordEvent(tx, actor, {
      id: deps.newId(bucketOf(row.id)),
      type: 'series.started',
      accountId: row.account_id,
      objectId: row.id,
      objectVersion: 1,
      at,
    })
    return started
  }

  return {
    /** @throws {NotFound} Unknown, or another tenant's. */
    async get(actor: Principal, issuerId: string): Promise<repo.IssuerNumbering> {
      const found = await repo.findNumbering(database, actor, issuerId)
      if (!found) throw new NotFound('issuer')
      return found
    },

    /**
     * Decides how an issuer numbers from now on. A series keeps the format that it was made with: a new one is that of the next
     * period, and without periods it can be chosen only before the first number.
     *
     * @param given A type that is missing gets its default.
     * @throws {VersionConflict} The numbering is no longer at `version`.
     * @throws {FormatInvalid | FormatLacks | FormatTooLong | SeriesOverlap | SeriesInUse}
     */
    put: (
      actor: Principal,
      issuerId: string,
      version: number,
      given: Partial<Numberings>,
    ): Promise<repo.IssuerNumbering> =>
      inTransaction(async (tx) => {
        const current = await repo.lockNumbering(tx, actor, issuerId, 'change')
        if (!current) throw new NotFound('issuer')
        if (current.version !== version) throw new VersionConflict()
        const next = completeNumberings(given)
        const changed = NUMBERED_TYPES.filter((type) => !isSame(current.numberings[type], next[type]))
        if (changed.length === 0) return current
        for (const document_type of changed) {
          const outgoing = { document_type, ...current.numberings[document_type] }
          if (await repo.isMade(tx, actor, issuerId, outgoing)) await repo.insertUsed(tx, actor, issuerId, outgoing)
        }
        checkNumberings(next, await repo.listUsed(tx, issuerId))
        for (const document_type of changed) {
          const incoming = { document_type, ...next[document_type] }
          if (incoming.period === 'none' && (await repo.isDrawnOtherwise(tx, actor, issuerId, incoming))) {
            throw new SeriesInUse('without a period the format is for ever: choose one, or another scope').at(
              `/${document_type}/format`,
            )
          }
        }
        const written = { version: version + 1, numberings: next }
        await repo.writeNumbering(tx, actor, issuerId, written)
        await recordEvent(tx, actor, {
          id: deps.newId(bucketOf(issuerId)),
          type: 'numbering.changed',
          accountId: null,
          objectId: issuerId,
          objectVersion: written.version,
          at: deps.now(),
        })
        return written
      }),

    /**
     * Lets a series that exists go on from another number.
     *
     * @throws {SeriesInUse} A number was drawn, or another start was set.
     */
    startSeries: (actor: Principal, seriesId: string, nextSeq: bigint): Promise<SeriesRow> =>
      inTransaction(async (tx) => {
        const row = await lockSeries(tx, actor, seriesId)
        if (!row) throw new NotFound('series')
        return start(tx, actor, row, nextSeq)
      }),

    /**
     * The same for a series by what it is of, which is made for it: before its first document there is none.
     *
     * @throws {SeriesMismatch} The numbering of the type has another scope or period.
     * @throws {UnknownReference} There is no such account.
     */
    startNew: (actor: Principal, of: StartOf, nextSeq: bigint): Promise<SeriesRow> =>
      inTransaction(async (tx) => {
        const held = await repo.lockNumbering(tx, actor, of.issuerId, 'use')
        if (!held) throw new NotFound('issuer')
        const numbering = held.numberings[of.documentType]
        const accountId = await accountFor(tx, actor, numbering, of.accountId)
        const key = keyOf(
          numbering,
          { issuerId: of.issuerId, accountId, documentType: of.documentType },
          checkPeriod(numbering.period, of.period),
        )
        const id = await openSeries(tx, actor, key, { newId: deps.newId, at: deps.now() })
        const row = await lockSeries(tx, actor, id)
        if (!row) throw new Error(`a series in bucket ${seriesBucket(key)} was made and is not there`)
        return start(tx, actor, row, nextSeq)
      }),

    async getSeries(actor: Principal, seriesId: string): Promise<SeriesRow> {
      const row = await findSeries(database.knex, actor, seriesId)
      if (!row) throw new NotFound('series')
      return row
    },
  }
}

function isSame(one: Numbering, other: Numbering): boolean {
  return one.scope === other.scope && one.period === other.period && one.format === other.format
}

async function accountFor(
  tx: Tx,
  owner: Owner,
  { scope }: Numbering,
  accountId: string | undefined,
): Promise<string | null> {
  if ((scope === 'account') !== (accountId !== undefined)) throw new SeriesMismatch('scope').at('/account_id')
  if (accountId === undefined) return null
  const row = await tx('account')
    .select('id')
    .where({ bucket: bucketOf(accountId), id: accountId, tenant_id: owner.tenantId, mode: owner.mode })
    .first()
  if (!row) throw new UnknownReference('account').at('/account_id')
  return accountId
}

/** @returns The period as a series stores it. */
function checkPeriod(period: Period, given: string | undefined): string {
  const form = { none: /^$/, year: /^\d{4}$/, month: /^\d{4}-\d{2}$/ }[period]
  if (!form.test(given ?? '')) throw new SeriesMismatch('period').at('/period')
  if (period !== 'none') checkDay(`${given}-01${period === 'year' ? '-01' : ''}`, '/period')
  return given ?? ''
}
