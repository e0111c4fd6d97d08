import type { ApiServer } from '@kontor/http-api'
import test from 'ava'
import fc from 'fast-check'
import { claimFaults } from '../../test/claims.ts'
import { sweepOf } from '../../test/sweep.ts'
import { call, newAccountId, newIntent, type TestVault, testVault, tokenize } from '../../test/test-vault.ts'
import type { sweeper } from './sweep.ts'

// Random lives of a few cards in a few accounts, against a model that a person can read: what a customer of the vault may
// rely on, without rows, claims, keys or locks.

const NUMBERS = ['4242424242424242', '5555555555554444'] as const
const HOLDERS = ['Ada Muster', 'Bea Muster'] as const
const YEARS = [2040, 2041] as const
const LIFE_MS = 3_600_000

interface Card {
  readonly number: string
  readonly year: number
  readonly holder: string
}

interface ModelToken extends Card {
  readonly account: string | null
  readonly version: number
  readonly expiresAt: number | null
  readonly state: 'live' | 'token_deleted' | 'token_expired' | 'token_moved'
}

/** A request that was answered, to be sent again. */
interface Sent {
  readonly send: () => ReturnType<typeof call>
  readonly status: number
  readonly text: string
  readonly tokenId: string
}

const card = fc.record({
  number: fc.constantFrom(...NUMBERS),
  year: fc.constantFrom(...YEARS),
  holder: fc.constantFrom(...HOLDERS),
})
const pick = fc.nat({ max: 30 })
const step = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({
      do: fc.constant('create' as const),
      card,
      account: fc.constantFrom(0, 1, undefined),
      mode: fc.constantFrom('create', 'return_existing', 'update', 'reject'),
      mortal: fc.boolean(),
    }),
  },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('patch' as const), pick, card }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('delete' as const), pick }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('attach' as const), pick, account: fc.constantFrom(0, 1) }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('repeat' as const), pick }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('time' as const), sweep: fc.boolean() }) },
)
type Step = typeof step extends fc.Arbitrary<infer T> ? T : never

let vault: TestVault
let key: string
let apps: ApiServer[]
let sweep: ReturnType<typeof sweeper>
test.before(async () => {
  vault = await testVault()
  apps = [vault.app, await vault.newApp()]
  sweep = sweepOf(vault.deps)
  key = await vault.newKey({ scopes: ['token.reveal'], purposes: ['charge'], revealsPerMinute: 1_000_000 })
})
test.after.always(() => vault?.close())

/** One life, step by step, beside its model. @throws {Error} The vault did what the model does not know. */
async function live(steps: readonly Step[]): Promise<void> {
  const accounts = [newAccountId(), newAccountId()]
  const tokens = new Map<string, ModelToken>()
  const sent: Sent[] = []
  let requests = 0
  const app = () => apps[requests++ % apps.length] as ApiServer

  const expect = (what: string, actual: unknown, expected: unknown) => {
    if (JSON.stringify(actual) !== JSON.stringify(expected)) {
      throw new Error(`${what}: ${JSON.stringify(actual)} and not ${JSON.stringify(expected)}`)
    }
  }
  const nowMs = () => vault.clock.now.getTime()
  const picked = (n: number): [string, ModelToken] | undefined => [...tokens][n % Math.max(1, tokens.size)]
  const change = (id: string, what: Partial<ModelToken>) => {
    tokens.set(id, { ...(tokens.get(id) as ModelToken), ...what })
  }
  const letExpire = () => {
    for (const [id, token] of tokens) {
      if (token.state === 'live' && token.expiresAt !== null && token.expiresAt <= nowMs()) {
        change(id, { state: 'token_expired' })
      }
    }
  }
  const sameCard = (a: Card, b: Card) => a.number === b.number && a.year === b.year && a.holder === b.holder

  async function create({ card: sentCard, account, mode, mortal }: Extract<Step, { do: 'create' }>) {
    const accountId = account === undefined ? null : (accounts[account] as string)
    const expiresAt = mortal ? nowMs() + LIFE_MS : null
    const intent = newIntent()
    const body = {
      type: 'card',
      card: { number: sentCard.number, expiry_month: 12, expiry_year: sentCard.year },
      holder: { name: sentCard.holder },
      on_duplicate: mode,
      ...(accountId !== null && { account_id: accountId }),
      ...(expiresAt !== null && { expires_at: new Date(expiresAt).toISOString() }),
    }
    const send = () => tokenize(app(), key, body, intent)
    const answer = await send()
    if (accountId === null && mode !== 'create') {
      expect('a guest’s duplicate', [answer.status, answer.json().code], [422, 'account_required'])
      return
    }
    const known = [...tokens].filter(
      ([, token]) => token.state === 'live' && token.account === accountId && token.number === sentCard.number,
    )
    const equal = known.filter(([, token]) => sameCard(token, sentCard))
    const meant = (equal.length > 0 ? equal : known).map(([id]) => id)
    const { id, code, token_id } = answer.json()
    if (mode === 'create' || known.length === 0) {
      expect('a new token', [answer.status, tokens.has(id)], [201, false])
      tokens.set(id, { ...sentCard, account: accountId, version: 1, expiresAt, state: 'live' })
    } else if (mode === 'reject') {
      expect('a refused duplicate', [answer.status, code, meant.includes(token_id)], [409, 'duplicate_token', true])
      return
    } else if (mode === 'return_existing' && equal.length === 0) {
      expect('a differing duplicate', [answer.status, code, meant.includes(token_id)], [409, 'duplicate_differs', true])
      return
    } else {
      expect('an existing token', [answer.status, meant.includes(id)], [200, true])
      const before = tokens.get(id) as ModelToken
      if (mode === 'update') {
        const end = expiresAt ?? before.expiresAt
        const changed = !sameCard(before, sentCard) || end !== before.expiresAt
        if (changed) change(id, { ...sentCard, expiresAt: end, version: before.version + 1 })
      }
      expect('its version', answer.json().version, tokens.get(id)?.version)
    }
    sent.push({ send, status: answer.status, text: answer.text, tokenId: id })
  }

  async function patch({ pick: n, card: wanted }: Extract<Step, { do: 'patch' }>) {
    const [id, token] = picked(n) ?? []
    if (!id || !token) return
    const answer = await call(app(), {
      key,
      method: 'PATCH',
      url: `/v1/tokens/${id}`,
      body: { card: { expiry_year: wanted.year }, holder: { name: wanted.holder } },
      headers: { 'if-match': `"${token.version}"` },
    })
    if (token.state !== 'live') {
      expect('a change of what is gone', [answer.status, answer.json().code], [410, token.state])
      return
    }
    const changed = token.year !== wanted.year || token.holder !== wanted.holder
    change(id, { year: wanted.year, holder: wanted.holder, version: token.version + (changed ? 1 : 0) })
    expect('a change', [answer.status, answer.json().version], [200, tokens.get(id)?.version])
  }

  async function destroy({ pick: n }: Extract<Step, { do: 'delete' }>) {
    const [id, token] = picked(n) ?? []
    if (!id || !token) return
    const answer = await call(app(), { key, method: 'DELETE', url: `/v1/tokens/${id}` })
    expect('a deletion', answer.status, token.state === 'token_moved' ? 410 : 204)
    if (token.state === 'live') change(id, { state: 'token_deleted' })
  }

  async function attach({ pick: n, account }: Extract<Step, { do: 'attach' }>) {
    const [id, token] = picked(n) ?? []
    if (!id || !token) return
    const accountId = accounts[account] as string
    const intent = newIntent()
    const send = () =>
      call(app(), {
        key,
        method: 'POST',
        url: `/v1/tokens/${id}/attach`,
        body: { account_id: accountId },
        headers: { 'idempotency-key': intent },
      })
    const answer = await send()
    if (token.state !== 'live') {
      expect('what is gone is attached', [answer.status, answer.json().code], [410, token.state])
    } else if (token.account !== null) {
      expect('an account’s token is attached', [answer.status, answer.json().code], [409, 'already_attached'])
    } else {
      expect('a guest’s token is attached', [answer.status, answer.json().account_id], [201, accountId])
      change(id, { state: 'token_moved' })
      tokens.set(answer.json().id, { ...token, account: accountId, version: 1 })
      sent.push({ send, status: 201, text: answer.text, tokenId: answer.json().id })
    }
  }

  async function repeat({ pick: n }: Extract<Step, { do: 'repeat' }>) {
    const earlier = sent[n % Math.max(1, sent.length)]
    if (!earlier) return
    const token = tokens.get(earlier.tokenId) as ModelToken
    const answer = await earlier.send()
    if (token.state === 'live') expect('a replay', [answer.status, answer.text], [earlier.status, earlier.text])
    else expect('a replay of what is gone', [answer.status, answer.json().code], [410, token.state])
  }

  async function look() {
    for (const [id, token] of tokens) {
      const seen = await call(app(), { key, method: 'GET', url: `/v1/tokens/${id}` })
      if (token.state !== 'live') {
        expect('a token that is gone', [seen.status, seen.json().code], [410, token.state])
        continue
      }
      const body = { fields: ['number', 'expiry', 'holder_name'], purpose: 'charge' }
      const shown = (await call(app(), { key, method: 'POST', url: `/v1/tokens/${id}/reveal`, body })).json()
      expect(
        'a token',
        [seen.json().version, seen.json().card.expiry_year, shown.account_id, shown.card, shown.holder],
        [
          token.version,
          token.year,
          token.account,
          { number: token.number, expiry_month: 12, expiry_year: token.year },
          { name: token.holder },
        ],
      )
    }
    for (const account of accounts) {
      const list = await call(app(), { key, method: 'GET', url: `/v1/tokens?account_id=${account}&limit=200` })
      const alive = [...tokens].filter(([, token]) => token.state === 'live' && token.account === account)
      expect(
        'the list of an account',
        list
          .json()
          .data.map((token: { id: string }) => token.id)
          .sort(),
        alive.map(([id]) => id).sort(),
      )
    }
  }

  for (const each of steps) {
    if (each.do === 'create') await create(each)
    if (each.do === 'patch') await patch(each)
    if (each.do === 'delete') await destroy(each)
    if (each.do === 'attach') await attach(each)
    if (each.do === 'repeat') await repeat(each)
    if (each.do === 'time') {
      vault.clock.now = new Date(nowMs() + LIFE_MS)
      letExpire()
      if (each.sweep) await sweep()
    }
  }
  await look()
  expect('faults of the claims', await claimFaults(vault.vaultAdmin), [])
}

const ada = { number: NUMBERS[0], year: YEARS[0], holder: HOLDERS[0] } as const
const made = { do: 'create', card: ada, account: undefined, mode: 'create', mortal: false } as const

/** A life in which a token comes to each state, so that they are all looked at whatever is drawn. */
const EVERY_STATE: Step[] = [
  made,
  { do: 'attach', pick: 0, account: 0 },
  { ...made, account: 1, mortal: true },
  { do: 'time', sweep: true },
  { ...made, account: 0 },
  { do: 'delete', pick: 1 },
]

test('whatever is done to a few cards, the vault does what the model says', async (t) => {
  await fc.assert(fc.asyncProperty(fc.array(step, { minLength: 4, maxLength: 16 }), live), {
    numRuns: 60,
    examples: [[EVERY_STATE]],
    includeErrorInReport: true,
  })
  const { rows } = await vault.vaultAdmin.query('select state, count(*)::int as count from token group by state')
  t.deepEqual(rows.map(({ state }) => state).sort(), ['active', 'deleted', 'expired', 'moved'])
})
