import { formatId } from '@kontor/ids'
import test, { type ExecutionContext } from 'ava'
import { custodianOf, runnerOf, workOffWith } from '../../test/custodian.ts'
import { call, type TestVault, testVault } from '../../test/test-vault.ts'

const STRIPE = {
  stripe: {
    secret_key: 'sk_test_4eC39HqLyjWDarjtT1zdp7dc',
    webhook_secrets: ['whsec_5WbX5kEWLlfzsGNjH64I8lOOqUB6e8FH'],
  },
}
const LIVE = { stripe: { ...STRIPE.stripe, secret_key: 'rk_live_9aB39HqLyjWDarjtT1zdp7xy' } }
const PAYPAL = {
  paypal: {
    client_id: 'AeA1QIZXiflr1_-r0U2UbWTziOWX1GRQer5jkUq4ZfWT5qwb6qQRPq7jDtv57TL4POEEezGLdutcxnkJ',
    client_secret: 'ECYYrrSHdKfk_Q0EdvzdGkzj58a66kKaUQ5dZAEv4HvvtDId2_DpSuYDB088BZxGuMji7G4OFUnPog6p',
    webhook_id: '5GP028458E2496506',
  },
}

let vault: TestVault
test.before(async () => {
  vault = await testVault()
})
test.after.always(() => vault?.close())

/** A tenant of its own, with the key of an administrator and the one that invoicing shows. */
async function tenant(slug: string) {
  const tenantId = await vault.newTenant(slug)
  const keys = {
    admin: await vault.newKey({ tenantId, role: 'admin' }),
    live: await vault.newKey({ tenantId, role: 'admin', mode: 'live' }),
    reads: await vault.newKey({ tenantId, role: 'invoicing', scopes: ['secret.read:processor'] }),
    readsLive: await vault.newKey({ tenantId, role: 'invoicing', mode: 'live', scopes: ['secret.read:processor'] }),
  }
  return {
    tenantId,
    keys,
    put: (processor: string, body: object, { key = keys.admin, ifMatch }: { key?: string; ifMatch?: string } = {}) =>
      call(vault.app, {
        key,
        method: 'PUT',
        url: `/v1/processors/${processor}`,
        body,
        ...(ifMatch !== undefined && { headers: { 'if-match': ifMatch } }),
      }),
    list: (key = keys.admin) => call(vault.app, { key, method: 'GET', url: '/v1/processors' }),
    read: (processor: string, key = keys.reads, app = vault.app) =>
      call(app, { key, method: 'GET', url: `/v1/processors/${processor}/credentials` }),
    remove: (processor: string) =>
      call(vault.app, { key: keys.admin, method: 'DELETE', url: `/v1/processors/${processor}` }),
    events: async () =>
      (
        await vault.vaultAdmin.query(
          `select type, object_version, data from event where tenant_id = $1 and type like 'processor.%' order by tx`,
          [tenantId],
        )
      ).rows.map(({ type, object_version, data }) => `${type} ${object_version} ${JSON.parse(data).processor}`),
  }
}

const refused = (t: ExecutionContext, answer: Awaited<ReturnType<typeof call>>, status: number, code: string) =>
  t.is(`${answer.status} ${answer.json().code}`, `${status} ${code}`, answer.text)

test('credentials are stored sealed, shown masked, and given whole to the one key that may read them', async (t) => {
  const shop = await tenant('stored')
  const put = await shop.put('stripe', STRIPE)
  t.is(put.status, 201, put.text)
  t.is(put.headers.etag, '"1"')
  t.like(put.json(), {
    processor: 'stripe',
    mode: 'test',
    version: 1,
    stripe: { secret_key: 'sk_test_••••p7dc', webhook_secrets: 1 },
  })
  t.is((await shop.put('paypal', PAYPAL)).status, 201)
  const listed = await shop.list()
  t.like(listed.json().data[0], {
    processor: 'paypal',
    paypal: { client_id: '••••xnkJ', webhook_id: '5GP028458E2496506' },
  })
  t.is(listed.json().data.length, 2)
  const ten = formatId('ten', shop.tenantId)
  t.is(listed.json().webhook_paths.stripe, `/v1/processors/stripe/webhooks/${ten}/test`)
  t.is((await shop.list(shop.keys.live)).json().webhook_paths.paypal, `/v1/processors/paypal/webhooks/${ten}/live`)
  const { rows } = await vault.vaultAdmin.query('select to_jsonb(c)::text as row from processor_credential c')
  const shown = `${put.text}${listed.text}${rows.map(({ row }) => row)}${vault.log.join('')}`
  for (const secret of ['4eC39Hq', 'whsec_5W', 'ECYYrrSH', 'AeA1QIZX']) t.false(shown.includes(secret), secret)

  const given = await shop.read('stripe')
  t.deepEqual(given.json(), { processor: 'stripe', mode: 'test', version: 1, ...STRIPE })
  t.deepEqual((await shop.read('paypal')).json(), { processor: 'paypal', mode: 'test', version: 1, ...PAYPAL })
  t.deepEqual(await shop.events(), [
    'processor.configured 1 stripe',
    'processor.configured 1 paypal',
    'processor.credentials_read 1 stripe',
    'processor.credentials_read 1 paypal',
  ])
})

test('no role reads credentials, and the service key of invoicing does, in the name of a tenant', async (t) => {
  const shop = await tenant('read')
  await shop.put('stripe', STRIPE)
  refused(t, await shop.read('stripe', shop.keys.admin), 403, 'scope_missing')
  const plain = await vault.newKey({ tenantId: null, role: 'invoicing' })
  const service = await vault.newKey({ tenantId: null, role: 'invoicing', scopes: ['secret.read:processor'] })
  const url = '/v1/processors/stripe/credentials'
  const headers = { 'kontor-tenant': formatId('ten', shop.tenantId) }
  const asked = (key: string) => call(vault.app, { key, method: 'GET', url, headers })
  refused(t, await asked(plain), 403, 'scope_missing')
  t.deepEqual((await asked(service)).json().stripe, STRIPE.stripe)
})

test('credentials are of one mode and one tenant, and there are none elsewhere', async (t) => {
  const shop = await tenant('modes')
  const other = await tenant('modes-other')
  await shop.put('stripe', STRIPE)
  refused(t, await shop.read('stripe', shop.keys.readsLive), 404, 'not_found')
  refused(t, await other.read('stripe'), 404, 'not_found')
  refused(t, await shop.read('paypal'), 404, 'not_found')
  refused(t, await shop.read('test'), 404, 'not_found')
  t.deepEqual((await other.list()).json().data, [])
  t.is((await shop.put('stripe', LIVE, { key: shop.keys.live })).status, 201)
  t.is((await shop.read('stripe', shop.keys.readsLive)).json().stripe.secret_key, LIVE.stripe.secret_key)
  t.is((await shop.read('stripe')).json().stripe.secret_key, STRIPE.stripe.secret_key)
})

test('what is of the other mode, of another processor or no credentials at all is refused and never repeated', async (t) => {
  const shop = await tenant('refused')
  const stripe = (change: object) => ({ stripe: { ...STRIPE.stripe, ...change } })
  const paypal = (change: object) => ({ paypal: { ...PAYPAL.paypal, ...change } })
  for (const [processor, body, status, code, path] of [
    ['stripe', LIVE, 422, 'mode_mismatch', '/stripe/secret_key'],
    [
      'stripe',
      stripe({ secret_key: 'pk_test_4eC39HqLyjWDarjtT1zdp7dc' }),
      422,
      'credentials_malformed',
      '/stripe/secret_key',
    ],
    [
      'stripe',
      stripe({ webhook_secrets: ['sk_test_4eC39HqLyjWDarjtT1zdp7dc'] }),
      422,
      'credentials_malformed',
      '/stripe/webhook_secrets/0',
    ],
    [
      'paypal',
      paypal({ client_id: 'user:4eC39HqLyjWDarjtT1zdp7dc' }),
      422,
      'credentials_malformed',
      '/paypal/client_id',
    ],
    [
      'paypal',
      paypal({ client_secret: '4eC39HqLyjW DarjtT1zdp7dc' }),
      422,
      'credentials_malformed',
      '/paypal/client_secret',
    ],
    ['paypal', paypal({ webhook_id: '4eC39Hq LyjW' }), 422, 'credentials_malformed', '/paypal/webhook_id'],
    ['paypal', STRIPE, 422, 'other_processor', undefined],
    ['stripe', stripe({ secret_key: 'sk_test_4eC39Hq' }), 400, 'malformed_request', '/stripe/secret_key'],
    ['stripe', stripe({ webhook_secrets: [] }), 400, 'malformed_request', '/stripe/webhook_secrets'],
    ['stripe', { ...STRIPE, ...PAYPAL }, 400, 'malformed_request', ''],
  ] as const) {
    const answer = await shop.put(processor, body)
    refused(t, answer, status, code)
    if (path) t.is(answer.json().errors[0].path, path)
    t.false(answer.text.includes('4eC39Hq'))
  }
  refused(t, await shop.put('stripe', STRIPE, { key: shop.keys.live }), 422, 'mode_mismatch')
  refused(t, await shop.put('adyen', STRIPE), 404, 'not_found')
  t.deepEqual(await shop.events(), [])
  t.false(vault.log.join('').includes('4eC39Hq'))
})

test('to replace credentials takes the version that was read, and of two first ones at once one is the first', async (t) => {
  const shop = await tenant('versions')
  const twins = await Promise.all([shop.put('stripe', STRIPE), shop.put('stripe', STRIPE)])
  t.deepEqual(twins.map(({ status }) => status).sort(), [201, 428])
  const next = { stripe: { ...STRIPE.stripe, secret_key: 'rk_test_51HqLyjWDarjtT1zdp7new' } }
  refused(t, await shop.put('stripe', next), 428, 'if_match_required')
  refused(t, await shop.put('stripe', next, { ifMatch: '"2"' }), 412, 'version_conflict')
  refused(t, await shop.put('stripe', next, { ifMatch: '1' }), 412, 'version_conflict')
  refused(t, await shop.put('paypal', PAYPAL, { ifMatch: '"1"' }), 412, 'version_conflict')
  const replaced = await shop.put('stripe', next, { ifMatch: '"1"' })
  t.is(`${replaced.status} ${replaced.headers.etag}`, '200 "2"')
  t.is((await shop.read('stripe')).json().stripe.secret_key, next.stripe.secret_key)
})

test('credentials that were removed are gone, and those that come after them are of a later version', async (t) => {
  const shop = await tenant('removed')
  await shop.put('stripe', STRIPE)
  t.is((await shop.remove('stripe')).status, 204)
  t.is((await shop.remove('stripe')).status, 204)
  t.is((await shop.remove('paypal')).status, 204)
  refused(t, await shop.read('stripe'), 404, 'not_found')
  t.deepEqual((await shop.list()).json().data, [])
  refused(t, await shop.put('stripe', STRIPE, { ifMatch: '"2"' }), 412, 'version_conflict')
  const again = await shop.put('stripe', STRIPE)
  t.is(`${again.status} ${again.json().version}`, '201 3')
  t.deepEqual(await shop.events(), [
    'processor.configured 1 stripe',
    'processor.removed 2 stripe',
    'processor.configured 3 stripe',
  ])
})

test('a record in the row of another tenant, mode, processor or version does not open', async (t) => {
  const shop = await tenant('tampered')
  const other = await tenant('tampered-other')
  await shop.put('stripe', STRIPE)
  await shop.put('paypal', PAYPAL)
  await shop.put('stripe', LIVE, { key: shop.keys.live })
  await other.put('stripe', { stripe: { ...STRIPE.stripe, secret_key: 'sk_test_of_another_tenant_00001' } })
  const recordOf = async (tenantId: string, mode: string, processor: string) =>
    (
      await vault.vaultAdmin.query(
        'select record from processor_credential where tenant_id = $1 and mode = $2 and processor = $3',
        [tenantId, mode, processor],
      )
    ).rows[0].record as string
  const own = await recordOf(shop.tenantId, 'test', 'stripe')
  const write = (record: string, version = 1) =>
    vault.vaultAdmin.query(
      `update processor_credential set record = $1, version = $2 where tenant_id = $3 and mode = 'test' and processor = 'stripe'`,
      [record, version, shop.tenantId],
    )
  for (const [record, version] of [
    [await recordOf(other.tenantId, 'test', 'stripe'), 1],
    [await recordOf(shop.tenantId, 'live', 'stripe'), 1],
    [await recordOf(shop.tenantId, 'test', 'paypal'), 1],
    [own, 2],
    [own.slice(0, -2), 1],
    ['nothing', 1],
  ] as const) {
    await write(record, version)
    refused(t, await shop.read('stripe'), 500, 'integrity_violation')
    refused(t, await shop.list(), 500, 'integrity_violation')
  }
  await write(own)
  t.is((await shop.read('stripe')).status, 200)
  t.is(
    (await shop.events()).filter((event) => event.includes('credentials_read')).length,
    1,
    'what failed was not given',
  )
})

test('credentials outlive the rotation of the tenant’s key, the jobs on keys, and the end of the old key', async (t) => {
  const custodian = await custodianOf(vault, 'rotated')
  const { tenantId } = custodian
  const admin = await vault.newKey({ tenantId, role: 'admin' })
  const reads = await vault.newKey({ tenantId, role: 'invoicing', scopes: ['secret.read:processor'] })
  await call(vault.app, { key: admin, method: 'PUT', url: '/v1/processors/stripe', body: STRIPE })
  t.is((await custodian.rotate()).status, 201)
  const runner = runnerOf(vault)
  for (const kind of ['rewrap', 'reseal']) {
    t.is((await custodian.start(kind)).status, 202)
    await workOffWith(runner.step)
  }
  const destroyed = await custodian.destroy(1)
  t.is(destroyed.status, 200, destroyed.text)
  const other = await vault.newApp()
  const url = '/v1/processors/stripe/credentials'
  t.deepEqual((await call(other, { key: reads, method: 'GET', url })).json().stripe, STRIPE.stripe)
})

test.serial('nothing is given while it could not be proved to whom', async (t) => {
  const shop = await tenant('unproved')
  await shop.put('stripe', STRIPE)
  await vault.vaultAdmin.query(`update audit_position set halted = 'fork'`)
  vault.clock.monotonicMs += 2_000
  try {
    refused(t, await shop.read('stripe'), 503, 'audit_unavailable')
    t.deepEqual(await shop.events(), ['processor.configured 1 stripe'])
  } finally {
    await vault.vaultAdmin.query('update audit_position set halted = null')
    vault.clock.monotonicMs += 2_000
  }
})
