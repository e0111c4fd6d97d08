import { NotFound, type Principal } from '@kontor/http-api'
import { bucketOf } from '@kontor/ids'
import { findMissingGlyph, printedTexts } from '@kontor/invoice-pdf'
import { sqlstate, withTransaction } from '@kontor/postgres'
import type { Deps } from '../deps.ts'
import { digestIntent } from '../idempotency/command.ts'
import { type Answer, findAnswer, LOCK_WAIT_MS, replay } from '../idempotency/once.ts'
import type { DocumentType } from '../numbering/document-type.ts'
import { type DrawOutcome, type DrawRequest, numberDraw } from '../numbering/draw.ts'
import { SeriesBusy } from '../numbering/errors.ts'
import { longestNumber, type Numbering, resolveFormat } from '../numbering/format.ts'
import { openSeriesOf, seriesKey } from '../numbering/series.ts'
import { dayIn } from './calendar.ts'
import type { Document } from './document.ts'
import {
  DateBeforeOriginal,
  DateBeforePrevious,
  DateInFuture,
  DraftChanged,
  DueBeforeIssue,
  GlyphMissing,
  InvalidTransition,
  NotAsTaken,
} from './errors.ts'
import { issueReads, type Parties } from './issue-reads.ts'
import { isPlain } from './plain-text.ts'
import { findDocument } from './repo.ts'
import { sealSnapshot, takeSnapshot } from './snapshot.ts'
import { toPdfDocument } from './to-pdf.ts'
import { judgeVat } from './vat-rules.ts'

/** Draws of one issue: its series is made after the first, and only a numbering that changes all the time asks for more. */
const DRAWS_MAX = 4

/** A draft that is to be issued. */
export interface DraftToIssue {
  readonly type: DocumentType
  readonly id: string
  /** The date of a draft that has none; without one it is today. */
  readonly issueOn?: string | null
}

export interface IssueIntent extends DraftToIssue {
  readonly idempotencyKey: string
  /** What the key belongs to where issuing is a part of something else; the issue itself unless given. */
  readonly operation?: string
}

/** How an issued document is answered. */
export type IssuedWire = (document: Document) => unknown

/**
 * Makes the function that issues drafts: everything that can fail is checked first, then the number is drawn.
 */
export function issuing(deps: Deps) {
  const { database } = deps
  const read = issueReads(database, deps.coalesce)
  const draw = numberDraw(database, deps.coalesce)
  // Stands for the number in the answer until the draw knows it. Random, so that no text of a caller can contain it.
  const numberMark = `number-${Buffer.from(deps.random(16)).toString('hex')}`

  /** Draws a number; the first document of a series makes it. */
  async function drawFrom(
    actor: Principal,
    first: Numbering,
    request: Omit<DrawRequest, 'series'>,
    issuerId: string,
  ): Promise<Exclude<DrawOutcome, { kind: 'no_series' }>> {
    const { documentType, accountId, issueOn } = request
    const document = { issuerId, accountId, documentType, issueOn }
    let numbering = first
    for (let draws = 1; draws <= DRAWS_MAX; draws++) {
      const outcome = await draw({ ...request, series: seriesKey(numbering, document) })
      if (outcome.kind !== 'no_series') return outcome
      const made = await withTransaction(
        database.knex,
        (tx) => openSeriesOf(tx, actor, document, { newId: deps.newId, at: deps.now() }),
        { lockTimeoutMs: LOCK_WAIT_MS },
      )
      if (!made) throw new NotFound(documentType)
      numbering = made.numberings[documentType]
    }
    throw new SeriesBusy()
  }

  return async function issue(actor: Principal, intent: IssueIntent, toWire: IssuedWire): Promise<Answer> {
    const digest = digestIntent(
      deps.idempotencySecret,
      {
        tenantId: actor.tenantId,
        mode: actor.mode,
        operation: intent.operation ?? `POST /v1/${intent.type.replaceAll('_', '-')}s/:id/issue`,
        parentId: intent.id,
        idempotencyKey: intent.idempotencyKey,
        request: intent.issueOn == null ? null : { issue_on: intent.issueOn },
      },
      bucketOf(intent.id),
    )
    const { stored, document } = await read.draft({ owner: actor, type: intent.type, id: intent.id, digest })
    if (stored) return replay(stored, digest)
    if (!document) throw new NotFound(intent.type)
    if (document.state !== 'draft') throw new InvalidTransition(document.state, 'issued', [])

    const { issuer_id: issuerId, account_id: accountId } = document
    const parties = await read.parties({ owner: actor, issuerId, accountId })
    const { issueOn, text, hash, numbering } = judgeIssue(dated(document, intent), parties, deps.now())
    const issuedAt = deps.now()
    const issued: Document = {
      ...document,
      state: 'issued',
      issue_on: issueOn,
      number: numberMark,
      snapshot: text,
      issued_at: issuedAt,
      version: document.version + 1,
    }
    const request: Omit<DrawRequest, 'series'> = {
      tenantId: actor.tenantId,
      mode: actor.mode,
      actorKeyId: actor.keyId,
      documentId: document.id,
      documentType: document.document_type,
      version: document.version,
      accountId,
      issueOn,
      snapshot: text,
      snapshotHash: hash,
      eventId: deps.newId(bucketOf(document.id)),
      issuedAt,
      idempotency: digest,
      answer: JSON.stringify(toWire(issued)),
      numberMark,
    }
    const outcome = await drawFrom(actor, numbering, request, issuerId).catch((error: unknown) => {
      throw isNotAsTaken(error) ? new NotAsTaken() : error
    })
    switch (outcome.kind) {
      case 'issued':
        return { status: 200, body: request.answer.replaceAll(numberMark, () => outcome.number), replayed: false }
      case 'date_before_previous':
        throw new DateBeforePrevious(outcome.earliest)
      case 'not_a_draft': {
        // A twin of this request may have been the one that drew; then its answer is ours. It is looked for after the document: a
        // twin that draws between the two looks would otherwise be taken for somebody else.
        const now = await findDocument(database, actor, intent.type, intent.id)
        const twin = await findAnswer(database, digest)
        if (twin) return twin
        if (!now) throw new NotFound(intent.type)
        throw now.state === 'issued' ? new InvalidTransition('issued', 'issued', []) : new DraftChanged()
      }
    }
  }
}

const isNotAsTaken = (error: unknown): boolean =>
  sqlstate(error) === '23000' && (error as { constraint?: unknown }).constraint === 'invoice_as_taken'

/**
 * Makes the function that judges drafts as an issue does, up to the draw, and changes nothing. What only the draw can tell, such as a
 * later date in the series, it does not know.
 */
export function judging(deps: Deps) {
  const read = issueReads(deps.database, deps.coalesce)
  return async function judge(actor: Principal, draft: DraftToIssue): Promise<void> {
    const document = await findDocument(deps.database, actor, draft.type, draft.id)
    if (!document) throw new NotFound(draft.type)
    if (document.state !== 'draft') throw new InvalidTransition(document.state, 'issued', [])
    const { issuer_id: issuerId, account_id: accountId } = document
    judgeIssue(dated(document, draft), await read.parties({ owner: actor, issuerId, accountId }), deps.now())
  }
}

function dated(document: Document, { issueOn }: DraftToIssue): Document {
  return { ...document, issue_on: document.issue_on ?? issueOn ?? null }
}

/** What is to be issued, once nothing can fail any more but the draw itself. */
interface Judged {
  readonly issueOn: string
  /** The snapshot as canonical text, and its SHA-256. */
  readonly text: string
  readonly hash: Buffer
  readonly numbering: Numbering
}

/** Checks everything that could fail about an issue before it waits for the series. */
function judgeIssue(document: Document, { issuer, account, numberings }: Parties, now: Date): Judged {
  if (!issuer || !account) throw new NotFound(document.document_type)
  const today = dayIn(issuer.time_zone, now)
  const issueOn = document.issue_on ?? today
  if (issueOn > today) throw new DateInFuture(today).at('/issue_on')
  if (document.due_on !== null && document.due_on < issueOn) throw new DueBeforeIssue().at('/due_on')
  // A correction has the rate of what it corrects, whatever the rate is today.
  const suppliedOn = document.content.preceding_invoice?.issued_on
  if (suppliedOn !== undefined && issueOn < suppliedOn) throw new DateBeforeOriginal(suppliedOn).at('/issue_on')
  const totals = judgeVat({ document, issueOn, issuer, account, ...(suppliedOn === undefined ? {} : { suppliedOn }) })
  const snapshot = takeSnapshot({ document, issueOn, issuer, account, totals })
  const sealed = sealSnapshot(snapshot)
  const numbering = numberings[document.document_type]
  const { period } = seriesKey(numbering, {
    issuerId: document.issuer_id,
    accountId: account.id,
    documentType: document.document_type,
    issueOn,
  })
  const longest = longestNumber(resolveFormat(numbering.format, { customerNumber: account.customer_number, period }))
  // What is printed comes from the snapshot, from the number, or from our own catalogue, whose words all have their glyphs.
  if (!isPlain(sealed.text) || !isPlain(longest)) {
    const missing = findMissingGlyph(printedTexts(toPdfDocument(snapshot, longest, undefined)))
    if (missing) throw new GlyphMissing(missing.codepoint, missing.field)
  }
  return { issueOn, ...sealed, numbering }
}
