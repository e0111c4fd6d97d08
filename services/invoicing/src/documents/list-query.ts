import { type IdPrefix, parseId } from '@kontor/ids'
import Type, { type TSchema } from 'typebox'
import { ExternalId, Id, Line, Paging } from '../wire/fields.ts'

/** What every list of documents can be asked for. */
const listFields = (prefix: 'quo' | 'pro' | 'inv' | 'cre') => ({
  external_id: Type.Optional(ExternalId),
  number: Type.Optional(Line(100, 'Only what has this number; several issuers may have drawn it.')),
  account_id: Type.Optional(Id('acc', 'Only of this account.')),
  after: Type.Optional(Id(prefix, 'The last id of the page before.')),
  ...Paging,
})

/** The query of a list of quotes, invoices, proformas or credit notes, and what one of them can be asked for besides. */
export const listQuery = <Own extends Record<string, TSchema> = Record<never, TSchema>>(
  prefix: 'quo' | 'pro' | 'inv' | 'cre',
  own?: Own,
) => Type.Object({ ...listFields(prefix), ...(own ?? ({} as Own)) }, { additionalProperties: false })

/** Which documents of a tenant are asked for. */
export interface Page {
  readonly externalId: string | undefined
  readonly number: string | undefined
  readonly accountId: string | undefined
  readonly after: string | undefined
  readonly limit: number
}

/** Reads a list's query. One row more than the page is asked for, to know whether another page follows. */
export function readListQuery(
  prefix: IdPrefix,
  query: { external_id?: string; number?: string; account_id?: string; after?: string; limit?: string },
): { size: number; page: Page } {
  const size = Number(query.limit ?? 50)
  return {
    size,
    page: {
      externalId: query.external_id,
      number: query.number,
      accountId: query.account_id && parseId('acc', query.account_id),
      after: query.after && parseId(prefix, query.after),
      limit: size + 1,
    },
  }
}
