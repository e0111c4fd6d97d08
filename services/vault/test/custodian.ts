import { randomBytes } from 'node:crypto'
import { idSource } from '@kontor/ids'
import { EXPLICIT_SCOPES } from '../src/api-keys/roles.ts'
import { keysFeature } from '../src/key-jobs/feature.ts'
import { deks } from '../src/keys/deks.ts'
import { tenantKeys } from '../src/keys/tenant-keys.ts'
import { signer } from '../src/signing/signer.ts'
import { resealableRecords } from '../src/tokens/resealing.ts'
import { CARD, call, newIntent, type TestVault, tokenize } from './test-vault.ts'

/** A tenant of its own with a custodian's key and one that reveals, and a process that does its jobs. */
export async function custodianOf(vault: TestVault, slug: string) {
  const tenantId = await vault.newTenant(slug)
  const key = await vault.newKey({ tenantId, role: 'custodian', requestsPerMinute: 1_000_000 })
  const clerk = await vault.newKey({
    tenantId,
    role: 'admin',
    scopes: EXPLICIT_SCOPES.filter((scope) => scope.startsWith('token.reveal')),
    purposes: ['charge'],
    // What a test asks for in seconds is more than a key may in a minute.
    requestsPerMinute: 1_000_000,
    revealsPerMinute: 1_000_000,
  })
  const get = (url: string) => call(vault.app, { key, method: 'GET', url })
  const post = (url: string, body?: object, intent = newIntent()) =>
    call(vault.app, {
      key,
      method: 'POST',
      url,
      headers: { 'idempotency-key': intent },
      ...(body === undefined ? {} : { body }),
    })
  return {
    tenantId,
    key,
    clerk,
    get,
    post,
    rotate: (intent?: string) => post('/v1/keys/rotate', undefined, intent),
    destroy: (version: number) => post(`/v1/keys/${version}/destroy`),
    start: (kind: string, intent?: string) => post('/v1/key-jobs', { kind }, intent),
    token: async (account_id?: string) =>
      (await tokenize(vault.app, clerk, { ...CARD, ...(account_id && { account_id }) })).json().id,
    number: async (id: string, app = vault.app) => {
      const url = `/v1/tokens/${id}/reveal`
      const answer = await call(app, {
        key: clerk,
        method: 'POST',
        url,
        body: { fields: ['number'], purpose: 'charge' },
      })
      return answer.json().card?.number ?? answer.json()
    },
  }
}

/** Another process over the same databases, as far as its jobs go. */
export function runnerOf(vault: TestVault, change: Partial<TestVault['deps']> = {}) {
  const deps = { ...vault.deps, ...change }
  const { keys: database, provider, random, monotonicMs } = deps
  const tenants = tenantKeys({ database, provider, random, monotonicMs })
  const subjects = deks({ database, provider, random, monotonicMs }, tenants)
  const { runner } = keysFeature({
    ...deps,
    tenantKeys: tenants,
    deks: subjects,
    signer: signer({ database, provider, monotonicMs }),
    records: resealableRecords(deps.vault, subjects),
    newId: idSource(Date.now, randomBytes),
    pass: () => undefined,
  })
  return { ...runner, tenants, subjects }
}

/** Works until nothing is left to do. */
export async function workOffWith(step: (rows: number) => Promise<boolean>, rows = 100): Promise<number> {
  let steps = 0
  while (await step(rows)) steps++
  return steps
}
