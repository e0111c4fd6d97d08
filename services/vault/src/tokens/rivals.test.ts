// Requests that contradict each other, sent at once to two processes: what they are answered is what one after the other
// would have been answered, in one order or the other.
import test from 'ava'
import {
  CARD,
  call,
  IBAN_ACCOUNT,
  newAccountId,
  newIntent,
  type TestVault,
  testVault,
  tokenize,
} from '../../test/test-vault.ts'

const TIMES = 15

let vault: TestVault
let key: string
let other: TestVault['app']
test.before(async () => {
  vault = await testVault()
  key = await vault.newKey({ scopes: ['token.dedup_tenant'] })
  other = await vault.newApp()
})
test.after.always(() => vault?.close())

test.serial('what is attached is not called destroyed, and what is destroyed is not attached', async (t) => {
  for (let n = 0; n < TIMES; n++) {
    const { id } = (await tokenize(vault.app, key, CARD)).json()
    const [deleted, attached] = await Promise.all([
      call(vault.app, { key, method: 'DELETE', url: `/v1/tokens/${id}` }),
      call(other, {
        key,
        method: 'POST',
        url: `/v1/tokens/${id}/attach`,
        body: { account_id: newAccountId() },
        headers: { 'idempotency-key': newIntent() },
      }),
    ])
    const outcome = `${deleted.status} ${attached.status}`
    t.true(['204 410', '410 201'].includes(outcome), outcome)
    if (deleted.status === 410) t.is(deleted.json().code, 'token_moved')
  }
})

test.serial('a question about all customers names no token, not even when its own account is faster', async (t) => {
  for (let n = 0; n < TIMES; n++) {
    const body = {
      ...CARD,
      card: { ...CARD.card, number: numbered(n) },
      account_id: newAccountId(),
      on_duplicate: 'reject',
    }
    const [wide] = await Promise.all([
      tokenize(vault.app, key, { ...body, dedup_scope: 'tenant' }),
      tokenize(other, key, body),
    ])
    t.true([201, 409].includes(wide.status), wide.text)
    if (wide.status === 409) t.false(wide.text.includes('tok_'), wide.text)
  }
})

for (const on_duplicate of ['return_existing', 'update']) {
  test.serial(`of two requests under one key, a new token and ${on_duplicate}, one is done`, async (t) => {
    for (let n = 0; n < TIMES; n++) {
      const account_id = newAccountId()
      await tokenize(vault.app, key, { ...CARD, account_id })
      const intent = newIntent()
      const rivals = [
        { ...IBAN_ACCOUNT, account_id },
        { ...CARD, account_id, on_duplicate },
      ]
      const answers = await Promise.all([
        tokenize(vault.app, key, rivals[0] as object, intent),
        tokenize(other, key, rivals[1] as object, intent),
      ])
      const outcome = answers.map(({ status }) => status).join(' ')
      t.true(['201 422', '422 200'].includes(outcome), outcome)
      const again = await Promise.all(rivals.map((rival) => tokenize(vault.app, key, rival, intent)))
      t.is(again.map(({ status }) => status).join(' '), outcome)
    }
  })
}

test.serial('of two numbers that are asked about under one key, one is answered', async (t) => {
  for (let n = 0; n < TIMES; n++) {
    const account_id = newAccountId()
    const asked = [CARD, IBAN_ACCOUNT].map((body) => ({ ...body, account_id }))
    for (const body of asked) await tokenize(vault.app, key, body)
    const intent = newIntent()
    const answers = await Promise.all(
      asked.map((body, at) =>
        tokenize(at === 0 ? vault.app : other, key, { ...body, on_duplicate: 'return_existing' }, intent),
      ),
    )
    t.deepEqual(answers.map(({ status }) => status).sort(), [200, 422])
  }
})

/** @returns A card number that nobody has had: 4, digits, and the check digit that Luhn asks for. */
function numbered(n: number): string {
  const digits = `4${String(700_000_000_000_00 + n).padStart(14, '0')}`
  const sum = [...digits].reduce((total, digit, index) => {
    const weighted = Number(digit) * (index % 2 === 0 ? 2 : 1)
    return total + (weighted > 9 ? weighted - 9 : weighted)
  }, 0)
  return `${digits}${(10 - (sum % 10)) % 10}`
}

test.serial('an update for an account that another process has erased is told so, and raises no alarm', async (t) => {
  const account_id = newAccountId()
  const body = { ...CARD, account_id, on_duplicate: 'update' }
  t.is((await tokenize(other, key, body)).status, 201)
  t.is((await call(vault.app, { key, method: 'DELETE', url: `/v1/accounts/${account_id}/data` })).status, 200)
  const late = await tokenize(other, key, body)
  t.is(late.status, 410)
  t.is(late.json().code, 'subject_erased')
})
