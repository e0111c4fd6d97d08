import { NotFound, type Principal } from '@kontor/http-api'
import { bucketOf, formatId } from '@kontor/ids'
import type { Static } from 'typebox'
import type { Deps } from '../deps.ts'
import { judgeDraft, writeDraft } from '../documents/draft.ts'
import { digestIntent } from '../idempotency/command.ts'
import { type Answer, once } from '../idempotency/once.ts'
import { RevisionExists } from './errors.ts'
import { mustAllow } from './life.ts'
import { quoteReads } from './quote-reads.ts'
import * as repo from './repo.ts'
import type { ReviseQuote } from './schema.ts'

/** UNTDID 1001: an offer or quotation. */
export const QUOTE_TYPE_CODE = '310'

/** Makes new offers in the place of old ones. */
export function revisions(deps: Deps) {
  const reads = quoteReads(deps)
  return {
    /**
     * Drafts a revision. The older quote stands until the revision is issued.
     *
     * @throws {RevisionExists} There is one already.
     * @throws {InvalidTransition | QuoteSuperseded}
     */
    async revise(
      actor: Principal,
      id: string,
      idempotencyKey: string,
      body: Static<typeof ReviseQuote>,
    ): Promise<Answer> {
      const digest = digestIntent(
        deps.idempotencySecret,
        { ...actor, operation: 'POST /v1/quotes/:id/revise', parentId: id, idempotencyKey, request: body },
        bucketOf(id),
      )
      return once(deps.database, actor.tenantId, digest, {
        judge: async () => {
          const { account_id, issuer_id } = await reads.find(actor, id)
          const parties = { account_id: formatId('acc', account_id), issuer_id: formatId('iss', issuer_id) }
          return judgeDraft(deps, actor, { ...body, ...parties })
        },
        write: async (tx, judged) => {
          const { quote, life } = await reads.lock(tx, actor, id)
          mustAllow(quote, life.step, 'superseded', deps.now())
          // What may be revised was issued, and what was issued has a number.
          if (quote.number === null) throw new NotFound('quote')
          const content = { ...judged.content, revises_number: quote.number }
          const kind = { type: 'quote', typeCode: QUOTE_TYPE_CODE, quoteId: null } as const
          const draft = await writeDraft(deps, tx, actor, kind, { ...judged, content })
          const revision = { quoteId: draft.id, revisesId: id, revision: life.revision + 1 }
          if (!(await repo.insertRevision(tx, actor, revision))) {
            throw new RevisionExists(formatId('quo', (await repo.findRevision(tx, id)) ?? id))
          }
          return { status: 201, body: await reads.wiredWithin(tx, draft) }
        },
      })
    },
  }
}
