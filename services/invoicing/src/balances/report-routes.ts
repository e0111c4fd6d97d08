import { type ApiServer, problemResponses } from '@kontor/http-api'
import { parseId } from '@kontor/ids'
import Type from 'typebox'
import type { Deps } from '../deps.ts'
import { Currency, Day, Id, Paging } from '../wire/fields.ts'
import { reports } from './reports.ts'
import { AgedAccountWire, BalanceWire, StatementCursor, StatementWire } from './reports-schema.ts'

export function reportRoutes(app: ApiServer, deps: Deps): void {
  const service = reports(deps)
  const tags = ['Balances']
  const params = Type.Object({ accountId: Id('acc', 'The account.') })

  app.get(
    '/v1/accounts/:accountId/balance',
    {
      config: { scope: 'balance.read' },
      schema: {
        operationId: 'getBalance',
        summary: 'Show what an account owes and has',
        tags,
        params,
        response: { 200: BalanceWire, ...problemResponses(401, 403, 404) },
      },
    },
    async (request) => service.balance(request.principal, parseId('acc', request.params.accountId)),
  )

  app.get(
    '/v1/accounts/:accountId/statement',
    {
      config: { scope: 'balance.read' },
      schema: {
        operationId: 'getStatement',
        summary: 'Show what happened on an account, with its balance after each',
        tags,
        params,
        querystring: Type.Object(
          {
            currency: Currency,
            from: Type.Optional(Day('The first day; from the beginning unless given.')),
            to: Type.Optional(Day('The last day; to the end unless given.')),
            after: Type.Optional(StatementCursor),
            ...Paging,
          },
          { additionalProperties: false },
        ),
        response: { 200: StatementWire, ...problemResponses(400, 401, 403, 404, 422) },
      },
    },
    async (request) => {
      const { currency, from, to, after, limit } = request.query
      const [on = '', id = ''] = after?.split('.') ?? []
      return service.statement(request.principal, {
        accountId: parseId('acc', request.params.accountId),
        currency,
        from,
        to,
        after: after === undefined ? undefined : { on, id },
        limit: Number(limit ?? 50),
      })
    },
  )

  app.get(
    '/v1/ageing',
    {
      config: { scope: 'balance.read' },
      schema: {
        operationId: 'listAgeing',
        summary: 'List the accounts that owe something, by how late it is',
        tags,
        querystring: Type.Object(
          {
            currency: Currency,
            on: Type.Optional(
              Day(
                'The day at whose end is counted what was open, and how late: documents, allocations, credit notes and adjustments after it do not count. Unless given, what is open now.',
              ),
            ),
            after: Type.Optional(Id('acc', 'The last account of the page before.')),
            ...Paging,
          },
          { additionalProperties: false },
        ),
        response: {
          200: Type.Object({
            on: Type.String({ description: 'The day at whose end was counted, YYYY-MM-DD.' }),
            data: Type.Array(AgedAccountWire, { description: 'By account.' }),
            has_more: Type.Boolean({ description: 'Whether another page follows.' }),
          }),
          ...problemResponses(400, 401, 403, 422),
        },
      },
    },
    async (request) => {
      const { currency, on, after, limit } = request.query
      return service.ageing(request.principal, {
        currency,
        on,
        after: after && parseId('acc', after),
        limit: Number(limit ?? 50),
      })
    },
  )
}
