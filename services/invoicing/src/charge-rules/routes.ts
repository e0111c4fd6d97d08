import { type ApiServer, type Principal, problemResponses } from '@kontor/http-api'
import type { Static } from 'typebox'
import type { Deps } from '../deps.ts'
import { IfMatchHeader, tagged, versionOf } from '../wire/if-match.ts'
import type { StoredRules } from './repo.ts'
import { ChargeRulesWire, PutChargeRules } from './schema.ts'
import { chargeRules } from './service.ts'

const tags = ['Charges']

/** Who takes the money of a tenant, and when it is tried again. */
export function chargeRuleRoutes(app: ApiServer, deps: Deps): void {
  const service = chargeRules(deps)

  app.get(
    '/v1/charge-rules',
    {
      config: { scope: 'charge_rules.read' },
      schema: {
        operationId: 'getChargeRules',
        summary: 'Show who takes the money, and when it is tried again',
        tags,
        response: { 200: ChargeRulesWire, ...problemResponses(401, 403) },
      },
    },
    async ({ principal }, reply) => tagged(reply, toWire(principal, await service.get(principal))),
  )

  app.put(
    '/v1/charge-rules',
    {
      config: { scope: 'charge_rules.write' },
      schema: {
        operationId: 'putChargeRules',
        summary: 'Decide who takes the money from now on, and when it is tried again',
        tags,
        headers: IfMatchHeader,
        body: PutChargeRules,
        response: { 200: ChargeRulesWire, ...problemResponses(400, 401, 403, 412, 422, 428) },
      },
    },
    async ({ principal, headers, body }, reply) => {
      const { rules, retry_after_hours = [] } = body
      const put = await service.put(principal, versionOf(headers), { rules, retry_after_hours })
      return tagged(reply, toWire(principal, put))
    },
  )
}

const toWire = (
  { mode }: Pick<Principal, 'mode'>,
  { rules, retry_after_hours, version, updated_at }: StoredRules,
): Static<typeof ChargeRulesWire> => ({
  mode,
  rules: rules.map((rule) => ({ ...rule })) as Static<typeof ChargeRulesWire>['rules'],
  retry_after_hours: [...retry_after_hours],
  version,
  updated_at: updated_at === null ? null : updated_at.toISOString(),
})
