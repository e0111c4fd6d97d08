import { type IdPrefix, parseId } from '@kontor/ids'
import Type from 'typebox'
import { ExternalId, Id, Paging } from '../wire/fields.ts'

/** The query of a list of quotes, invoices or credit notes. */
export const listQuery = (prefix: 'quo' | 'pro' | 'inv' | 'cre') =>
  Type.Object(
    {
      external_id: Type.Optional(ExternalId),
      account_id: Type.Optional(Id('acc', 'Only of this account.')),
      after: Type.Optional(Id(prefix, 'The last id of the page before.')),
      ...Paging,
    },
    { additionalProperties: false },
  )

/** Which documents of a tenant are asked for. */
export interface Page {
  readonly externalId: string | undefined
  readonly accountId: string | undefined
  readonly after: string | undefined
  readonly limit: number
}

/** An external id names one document; asked for together with an account, it is shown only if it is the account's. */
export const isOfAccount = (document: { readonly account_id: string }, accountId: string | undefined): boolean =>
  accountId === undefined || document.account_id === accountId

/** Reads a list's query. One row more than the page is asked for, to know whether another page follows. */
export function readListQuery(
  prefix: IdPrefix,
  query: { external_id?: string; account_id?: string; after?: string; limit?: string },
): { size: number; page: Page } {
  const size = Number(query.limit ?? 50)
  return {
    size,
    page: {
      externalId: query.external_id,
      accountId: query.account_id && parseId('acc', query.account_id),
      after: query.after && parseId(prefix, query.after),
      limit: size + 1,
    },
  }
}
