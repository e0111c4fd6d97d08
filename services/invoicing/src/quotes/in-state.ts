import { dayIn, latestDay } from '../documents/calendar.ts'
import type { Narrow } from '../documents/repo.ts'
import type { Owner } from '../issuers/repo.ts'
import type { QuoteState } from './life.ts'

/** UTC−12 is behind everybody. */
const earliestDay = (now: Date): string => dayIn('Etc/GMT+12', now)

/** What ended a quote is found by the index on it, in the order of the quotes. */
const ended =
  (owner: Owner, step: QuoteState): Narrow =>
  (list, { after }) => {
    list
      .join('quote_step', (on) => {
        on.on('quote_step.bucket', 'document.bucket').andOn('quote_step.quote_id', 'document.id')
      })
      .andWhere({ 'quote_step.tenant_id': owner.tenantId, 'quote_step.step': step })
    if (after) list.andWhere('quote_step.quote_id', '>', after)
  }

/** Nothing ended it, and by the calendar of everybody, or of somebody, it is in time or is not. */
const pending =
  (condition: string, day: string): Narrow =>
  (list) =>
    list.andWhereRaw(
      `document.state = 'issued' and ${condition}
         and not exists (select from quote_step
                          where quote_step.bucket = document.bucket and quote_step.quote_id = document.id)`,
      [day],
    )

/**
 * Leaves out of a list of quotes what is certainly in another state. Whether a quote has expired depends on the issuer's calendar on
 * the day, which the database does not know: within a day of the end both states keep a quote, and what the wire says of it decides.
 */
export function inState(owner: Owner, state: QuoteState, now: Date): Narrow {
  switch (state) {
    case 'draft':
      return (list) => list.andWhereRaw(`document.state = 'draft'`)
    case 'sent':
      return pending(`coalesce(document.content ->> 'valid_until' >= ? collate "C", true)`, earliestDay(now))
    case 'expired':
      return pending(`document.content ->> 'valid_until' < ? collate "C"`, latestDay(now))
    default:
      return ended(owner, state)
  }
}
