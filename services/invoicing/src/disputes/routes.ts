import { type ApiServer, problemResponses } from '@kontor/http-api'
import { parseId } from '@kontor/ids'
import Type from 'typebox'
import type { Deps } from '../deps.ts'
import { Id } from '../wire/fields.ts'
import { DisputeQuery, DisputeWire, DisputeWithStepsWire, toWire, withSteps } from './schema.ts'
import { disputes } from './service.ts'

const tags = ['Disputes']

export function disputeRoutes(app: ApiServer, deps: Pick<Deps, 'database'>): void {
  const service = disputes(deps)

  app.get(
    '/v1/disputes',
    {
      config: { scope: 'dispute.read' },
      schema: {
        operationId: 'listDisputes',
        summary: 'List what payers object to',
        tags,
        querystring: DisputeQuery,
        response: {
          200: Type.Object({
            data: Type.Array(DisputeWire, { description: 'By id.' }),
            has_more: Type.Boolean({ description: 'Whether another page follows.' }),
          }),
          ...problemResponses(400, 401, 403),
        },
      },
    },
    async ({ principal, query }) => {
      const size = Number(query.limit ?? 50)
      const found = await service.list(principal, {
        chargeId: query.charge_id && parseId('chg', query.charge_id),
        accountId: query.account_id && parseId('acc', query.account_id),
        state: query.state,
        after: query.after && parseId('dsp', query.after),
        limit: size + 1,
      })
      return { data: found.slice(0, size).map(toWire), has_more: found.length > size }
    },
  )

  app.get(
    '/v1/disputes/:disputeId',
    {
      config: { scope: 'dispute.read' },
      schema: {
        operationId: 'getDispute',
        summary: 'Show a dispute, and how it came to its state',
        tags,
        params: Type.Object({ disputeId: Id('dsp', 'The dispute.') }),
        response: { 200: DisputeWithStepsWire, ...problemResponses(401, 403, 404) },
      },
    },
    async ({ principal, params }) => {
      const { dispute, steps } = await service.get(principal, parseId('dsp', params.disputeId))
      return withSteps(dispute, steps)
    },
  )
}
