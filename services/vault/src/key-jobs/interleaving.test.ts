import test from 'ava'
import fc from 'fast-check'
import { custodianOf, runnerOf, workOffWith } from '../../test/custodian.ts'
import { CARD, call, newAccountId, type TestVault, testVault, tokenize } from '../../test/test-vault.ts'

let vault: TestVault
test.before(async () => {
  vault = await testVault()
})
test.after.always(() => vault?.close())

/** What may happen to the keys of a tenant and to what is under them, by which of two processes. */
const action = fc.record({
  what: fc.constantFrom(
    'rotate',
    'rewrap',
    'reseal',
    'work',
    'work',
    'guest',
    'account',
    'change',
    'change',
    'reveal',
    'destroy',
  ),
  process: fc.nat(1),
  which: fc.nat(9),
})
/** Some after each other, some at once. */
const waves = fc.array(fc.array(action, { minLength: 1, maxLength: 4 }), { minLength: 2, maxLength: 8 })

let tenants = 0

test('however rotation, re-wrap, re-seal, tokenization, reveal and destruction meet, every token opens', async (t) => {
  const apps = [await vault.newApp(), await vault.newApp()]
  await fc.assert(
    fc.asyncProperty(waves, async (plan) => {
      const it = await custodianOf(vault, `interleaved-${++tenants}`)
      const runners = [runnerOf(vault), runnerOf(vault)]
      const accounts = [newAccountId(), newAccountId()]
      const tokens: string[] = []

      async function make(account_id: string | undefined, app = apps[0]): Promise<void> {
        const answer = await tokenize(app ?? vault.app, it.clerk, { ...CARD, ...(account_id && { account_id }) })
        t.is(answer.status, 201, answer.text)
        tokens.push(answer.json().id)
      }
      async function act({ what, process, which }: { what: string; process: number; which: number }): Promise<void> {
        const app = apps[process]
        switch (what) {
          case 'rotate':
            return void t.is((await it.rotate()).status, 201)
          case 'rewrap':
          case 'reseal':
            return void t.true([202, 409].includes((await it.start(what)).status))
          case 'work':
            return void (await runners[process]?.step(1 + which))
          case 'guest':
            return make(undefined, app)
          case 'account':
            return make(accounts[which % 2], app)
          case 'change': {
            const id = tokens[which % tokens.length]
            const found = await call(app ?? vault.app, { key: it.clerk, method: 'GET', url: `/v1/tokens/${id}` })
            const changed = await call(app ?? vault.app, {
              key: it.clerk,
              method: 'PATCH',
              url: `/v1/tokens/${id}`,
              headers: { 'if-match': `"${found.json().version}"` },
              body: { metadata: { changed: `${which} ${tokens.length}` } },
            })
            return void t.true([200, 412].includes(changed.status), changed.text)
          }
          case 'reveal': {
            const id = tokens[which % tokens.length]
            return void (id && t.is(await it.number(id, app), '4242424242424242'))
          }
          default: {
            const { status, json } = await it.destroy(1 + (which % 4))
            const refused = status === 409 && ['key_in_use', 'key_is_current'].includes(json().code)
            t.true(status === 200 || status === 404 || refused, String(status))
          }
        }
      }

      await make(accounts[0])
      for (const wave of plan) await Promise.all(wave.map(act))
      const fresh = await vault.newApp()
      for (const id of tokens) for (const app of [...apps, fresh]) t.is(await it.number(id, app), '4242424242424242')
      // When all work is done, everything but the current version can be destroyed, and then everything still opens.
      for (const runner of runners) await runner.stop()
      await workOffWith(runnerOf(vault).step)
      await it.start('rewrap')
      await workOffWith(runnerOf(vault).step)
      for (const { version, state } of (await it.get('/v1/keys')).json().data) {
        if (state !== 'current') t.is((await it.destroy(version)).status, 200)
      }
      const last = await vault.newApp()
      for (const id of tokens) t.is(await it.number(id, last), '4242424242424242')
    }),
    { numRuns: 8, endOnFailure: true },
  )
})
