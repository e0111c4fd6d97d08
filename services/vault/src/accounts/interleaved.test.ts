import { parseId } from '@kontor/ids'
import test from 'ava'
import fc from 'fast-check'
import { CARD, call, newAccountId, PAYPAL_ACCOUNT, type TestVault, testVault, tokenize } from '../../test/test-vault.ts'

let vault: TestVault
let apps: TestVault['app'][]
let key: string
test.before(async () => {
  vault = await testVault()
  apps = [vault.app, await vault.newApp()]
  key = await vault.newKey({ role: 'admin', scopes: ['token.reveal:card:number'], purposes: ['charge'] })
})
test.after.always(() => vault?.close())

const ACTIONS = ['card', 'paypal', 'reveal', 'reveal', 'list', 'hold', 'release', 'erase'] as const
const ACCOUNTS = 2

/** One thing that a client does: at which process, and to whom. */
interface Step {
  readonly action: (typeof ACTIONS)[number]
  readonly app: number
  readonly account: number
}

interface Done extends Step {
  /** Places in one order of all beginnings and ends. */
  readonly began: number
  readonly ended: number
  readonly status: number
  readonly code: string | undefined
  readonly token: string | undefined
}

const step = fc.record<Step>({
  action: fc.constantFrom(...ACTIONS),
  app: fc.nat(1),
  account: fc.nat(ACCOUNTS - 1),
})
/** Clients that work at the same time, each one thing after the other. */
const clients = fc.array(fc.array(step, { minLength: 1, maxLength: 6 }), { minLength: 3, maxLength: 6 })

function send({ action, app: which, account }: Step, accounts: readonly string[], cards: ReadonlyMap<number, string>) {
  const app = apps[which] as TestVault['app']
  const url = `/v1/accounts/${accounts[account]}`
  switch (action) {
    case 'card':
      return tokenize(app, key, { ...CARD, account_id: accounts[account] })
    case 'paypal':
      return tokenize(app, key, { ...PAYPAL_ACCOUNT, account_id: accounts[account] })
    case 'reveal': {
      const card = cards.get(account)
      if (card === undefined) return undefined
      const body = { purpose: 'charge', fields: ['number'] }
      return call(app, { key, method: 'POST', url: `/v1/tokens/${card}/reveal`, body })
    }
    case 'list':
      return call(app, { key, method: 'GET', url: `/v1/tokens?account_id=${accounts[account]}` })
    case 'hold':
      return call(app, { key, method: 'PUT', url: `${url}/hold`, body: { reason: 'audit' } })
    case 'release':
      return call(app, { key, method: 'DELETE', url: `${url}/hold` })
    case 'erase':
      return call(app, { key, method: 'DELETE', url: `${url}/data` })
  }
}

async function work(sequences: readonly (readonly Step[])[]): Promise<{ accounts: string[]; done: Done[] }> {
  const accounts = Array.from({ length: ACCOUNTS }, newAccountId)
  const cards = new Map<number, string>()
  const done: Done[] = []
  let tick = 0
  await Promise.all(
    sequences.map(async (steps) => {
      for (const each of steps) {
        const began = tick++
        const answer = await send(each, accounts, cards)
        if (!answer) continue
        const body = answer.text === '' ? undefined : answer.json()
        const stored = answer.status === 201 ? (body.id as string) : undefined
        if (stored && each.action === 'card') cards.set(each.account, stored)
        done.push({ ...each, began, ended: tick++, status: answer.status, code: body?.code, token: stored })
      }
    }),
  )
  return { accounts, done }
}

const ALLOWED: Readonly<Record<Step['action'], readonly string[]>> = {
  card: ['201', '410 subject_erased'],
  paypal: ['201', '410 subject_erased'],
  reveal: ['200', '410 subject_erased'],
  list: ['200', '410 subject_erased'],
  hold: ['200', '410 subject_erased'],
  release: ['204', '410 subject_erased'],
  erase: ['200', '423 legal_hold'],
}

/** @returns What of the work breaks the promise of an erasure. */
async function faultsOf({ accounts, done }: Awaited<ReturnType<typeof work>>): Promise<string[]> {
  const faults: string[] = []
  const shown = ({ action, app, account, status, code }: Done) =>
    `${action} of ${account} at ${app}: ${status} ${code ?? ''}`.trim()
  for (const each of done) {
    if (!ALLOWED[each.action].includes(`${each.status} ${each.code ?? ''}`.trim())) faults.push(shown(each))
  }
  for (const [account, id] of accounts.entries()) {
    const own = done.filter((each) => each.account === account)
    const erasedAt = Math.min(
      ...own.filter(({ action, status }) => action === 'erase' && status === 200).map(({ ended }) => ended),
    )
    const late = own.filter(
      ({ action, began, code }) => action !== 'erase' && began > erasedAt && code !== 'subject_erased',
    )
    faults.push(...late.map((each) => `after the erasure: ${shown(each)}`))
    faults.push(...(await remains(id, erasedAt < Number.POSITIVE_INFINITY, own)))
  }
  return faults
}

/** Looks into both databases: an erased account has nothing there, and of another everything that was acknowledged opens. */
async function remains(account: string, erased: boolean, own: readonly Done[]): Promise<string[]> {
  const { rows } = await vault.vaultAdmin.query('select id, state from data_subject where account_id = $1', [
    parseId('acc', account),
  ])
  const [subject] = rows
  if (!subject) return erased ? [`${account} is erased and has no row`] : []
  if ((subject.state === 'erased') !== erased) return [`${account} is ${subject.state} in the database`]
  const counts = {
    tokens: await count(
      'vaultAdmin',
      `token where subject_id = $1 and (record is not null or state = 'active')`,
      subject.id,
    ),
    claims: await count('vaultAdmin', 'instrument_claim where subject_id = $1', subject.id),
    answers: await count(
      'vaultAdmin',
      'intent_answer join token using (bucket) where token.subject_id = $1 and intent_answer.token_id = token.id and answer is not null',
      subject.id,
    ),
    keys: await count('keysAdmin', 'dek where subject_id = $1', subject.id),
    events: await count('vaultAdmin', `event where subject_id = $1 and type = 'account.erased'`, subject.id),
  }
  const stored = own.filter(({ token }) => token !== undefined)
  if (erased) {
    const { events, ...left } = counts
    const clean = events === 1 && Object.values(left).every((number) => number === 0)
    return clean ? [] : [`${account} is erased and has ${JSON.stringify(counts)}`]
  }
  return counts.tokens === stored.length ? [] : [`${account} has ${counts.tokens} of ${stored.length} tokens`]
}

async function count(pool: 'vaultAdmin' | 'keysAdmin', from: string, subject: string): Promise<number> {
  return (await vault[pool].query(`select count(*)::int as n from ${from}`, [subject])).rows[0].n
}

test('after an acknowledged erasure nothing that begins later succeeds, and nothing is left, however requests interleave', async (t) => {
  t.timeout(120_000)
  const seen = { erased: 0, held: 0, gone: 0 }
  await fc.assert(
    fc.asyncProperty(clients, async (sequences) => {
      const worked = await work(sequences)
      t.deepEqual(await faultsOf(worked), [])
      for (const { action, status } of worked.done) {
        if (action === 'erase' && status === 200) seen.erased++
        if (status === 423) seen.held++
        if (status === 410) seen.gone++
      }
    }),
    { numRuns: 60 },
  )
  t.true(
    seen.erased > 10 && seen.held > 3 && seen.gone > 30,
    `the runs met what they are about: ${JSON.stringify(seen)}`,
  )
})
