import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import test, { type ExecutionContext } from 'ava'
import type { Input } from './commands/processor-credentials.ts'
import { buildProgram } from './program.ts'

/** A service that gives one answer after the other, and remembers what it was asked. */
async function fakeService(t: ExecutionContext, ...answers: readonly [status: number, body?: object][]) {
  const left = [...answers]
  const asked: { line: string; ifMatch: unknown; body: string }[] = []
  const server = createServer((request, response) => {
    let body = ''
    request.setEncoding('utf8').on('data', (text: string) => {
      body += text
    })
    request.on('end', () => {
      asked.push({ line: `${request.method} ${request.url}`, ifMatch: request.headers['if-match'], body })
      const [status, answer] = left.shift() ?? [500, {}]
      response.writeHead(status, { 'content-type': 'application/json' }).end(answer && JSON.stringify(answer))
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  t.teardown(() => void server.close())
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  const invoicing = { INVOICING_URL: url, INVOICING_API_KEY: 'ki_x' }
  return { asked, vault: { VAULT_URL: url, VAULT_API_KEY: 'kv_x' }, invoicing }
}

// Each command listens for the signals that end it, and the process of a test lives on after many of them.
process.setMaxListeners(80)

const folder = mkdtempSync(join(tmpdir(), 'kontor-processor-cli-'))
test.after.always(() => rmSync(folder, { recursive: true }))

async function run(
  line: string,
  env: Readonly<Record<string, string>> = {},
  { input, cwd = folder }: { readonly input?: Input | undefined; readonly cwd?: string } = {},
) {
  const printed = { out: '', err: '', code: -1, failure: '' }
  const program = buildProgram({
    env,
    cwd,
    out: { write: (text: string) => (printed.out += text) },
    err: { write: (text: string) => (printed.err += text) },
    ...(input && { input }),
    version: '0',
    onExitCode: (code) => {
      printed.code = code
    },
  })
  await program.parseAsync(['node', 'kontor', 'processor', ...line.split(' ')]).catch((error: Error) => {
    printed.failure = error.message
  })
  const all = JSON.stringify(printed)
  return { ...printed, leaks: SECRETS.filter((secret) => all.includes(secret)) }
}

const SECRETS = [
  'sk_test_4eC39HqLyjWDarjtT1zdp7dc',
  'whsec_5WbX5kEWLlfz',
  'whsec_of_the_next_one',
  'client-secret-of-paypal',
]
const [SECRET_KEY, WEBHOOK_SECRET, NEXT_SECRET, CLIENT_SECRET] = SECRETS
const STRIPE = `secret_key=${SECRET_KEY}\nwebhook_secret=${WEBHOOK_SECRET}\n`
const PATHS = {
  stripe: '/v1/processors/stripe/webhooks/ten_01h455vb4pex5vsknk084sn02q/test',
  paypal: '/v1/processors/paypal/webhooks/ten_01h455vb4pex5vsknk084sn02q/test',
}
const masked = (version: number) => ({
  processor: 'stripe',
  mode: 'test',
  version,
  stripe: { secret_key: 'sk_test_••••p7dc', webhook_secrets: 1 },
  updated_at: '2026-11-29T10:00:00.000Z',
})
const maskedPaypal = {
  processor: 'paypal',
  mode: 'test',
  version: 1,
  paypal: { client_id: '••••xnkJ', webhook_id: 'WH-1' },
  updated_at: '2026-11-29T10:00:00.000Z',
}
const listed = (...data: object[]): [number, object] => [200, { data, webhook_paths: PATHS }]
const problem = (status: number, code: string): [number, object] => [
  status,
  { type: `urn:kontor:problem:${code}`, title: 'Refused', status, code },
]
async function* sent(...chunks: readonly string[]) {
  yield* chunks
}

let files = 0
function file(text: string, mode = 0o600): string {
  const path = join(folder, `credentials-${++files}`)
  writeFileSync(path, text, { mode })
  chmodSync(path, mode)
  return path
}

test('processors are listed masked, with the address to enter at each', async (t) => {
  const { vault, asked } = await fakeService(t, listed(maskedPaypal, masked(3)), listed(), listed(masked(1)))
  const { out, code } = await run('list', vault)
  t.is(code, 0)
  t.is(asked[0]?.line, 'GET /v1/processors')
  t.regex(out, /paypal {2}test {2}version 1 {2}••••xnkJ, webhook WH-1 {2}since 2026/)
  t.regex(out, /stripe {2}test {2}version 3 {2}sk_test_••••p7dc, 1 webhook secret {2}since/)
  t.true(out.includes(`Webhook at PayPal: https://<invoicing>${PATHS.paypal}\n`))
  const none = await run('list', { ...vault, INVOICING_URL: 'https://books.example.com/' })
  t.regex(none.out, /^No processor has credentials yet/)
  t.true(none.out.includes(`Webhook at Stripe: https://books.example.com${PATHS.stripe}\n`))
  t.deepEqual(JSON.parse((await run('list --json', vault)).out), { data: [masked(1)], webhook_paths: PATHS })
})

test('credentials come from a file or from standard input, and are never printed', async (t) => {
  const { vault, asked } = await fakeService(t, listed(), [201, masked(1)], listed(), [201, maskedPaypal])
  const given = await run(`put stripe --file ${file(STRIPE)}`, vault)
  t.is(given.code, 0, given.failure)
  t.deepEqual(asked[1], {
    line: 'PUT /v1/processors/stripe',
    ifMatch: undefined,
    body: JSON.stringify({ stripe: { secret_key: SECRET_KEY, webhook_secrets: [WEBHOOK_SECRET] } }),
  })
  t.regex(given.out, /Stripe has credentials for test mode: sk_test_••••p7dc, 1 webhook secret, version 1\./)
  t.true(given.out.includes(`https://<invoicing>${PATHS.stripe}`))
  const input = sent('client_id = AeA1QIZ\r\n\r\nclient_sec', `ret=${CLIENT_SECRET}\nwebhook_id=WH-1`)
  const piped = await run('put paypal --json', vault, { input })
  t.is(piped.code, 0, piped.failure)
  t.deepEqual(JSON.parse(asked[3]?.body ?? ''), {
    paypal: { client_id: 'AeA1QIZ', client_secret: CLIENT_SECRET, webhook_id: 'WH-1' },
  })
  t.deepEqual(JSON.parse(piped.out), { ...maskedPaypal, webhook_path: PATHS.paypal })
  t.deepEqual([...given.leaks, ...piped.leaks], [])
})

test('credentials that are there are replaced only when that is said, as they were read', async (t) => {
  const { vault, asked } = await fakeService(
    t,
    listed(masked(3)),
    listed(masked(3)),
    [200, { ...masked(4), stripe: { secret_key: 'sk_test_••••p7dc', webhook_secrets: 2 } }],
    listed(masked(4)),
    problem(412, 'version_conflict'),
  )
  const path = file(`${STRIPE}webhook_secret=${NEXT_SECRET}`)
  const kept = await run(`put stripe --file ${path}`, vault)
  t.regex(kept.failure, /Stripe has credentials already \(sk_test_••••p7dc, .*version 3\): say --replace/)
  const replaced = await run(`put stripe --replace --file ${path}`, vault)
  t.is(replaced.code, 0, replaced.failure)
  t.like(asked[2], { line: 'PUT /v1/processors/stripe', ifMatch: '"3"' })
  t.deepEqual(JSON.parse(asked[2]?.body ?? '').stripe.webhook_secrets, [WEBHOOK_SECRET, NEXT_SECRET])
  t.regex(replaced.out, /2 webhook secrets, version 4/)
  const beaten = await run(`put stripe --replace --file ${path}`, vault)
  t.is(beaten.failure, 'Refused')
  t.is(asked.filter(({ line }) => line.startsWith('PUT')).length, 2)
  t.deepEqual([...kept.leaks, ...replaced.leaks, ...beaten.leaks], [])
})

test('what is missing or wrong is said in a sentence that repeats nothing, and nothing is stored', async (t) => {
  const { vault, asked } = await fakeService(t, ...Array.from({ length: 20 }, () => listed()))
  for (const [text, sentence] of [
    [`webhook_secret=${WEBHOOK_SECRET}`, /^secret_key is missing: the secret or restricted key/],
    [
      `secret_key=${SECRET_KEY}`,
      /^webhook_secret is missing: .*Enter the webhook’s address there first: https:\/\/<inv/,
    ],
    [`${STRIPE}\n${SECRET_KEY}`, /^Line 4 is none of secret_key=…, webhook_secret=…, one a line\.$/],
    [`${SECRET_KEY}=secret_key`, /^Line 1 is none of/],
    [`secret_key=\n${STRIPE}`, /^Line 1 is none of/],
    [`constructor=${SECRET_KEY}`, /^Line 1 is none of/],
    [`${STRIPE}secret_key=${SECRET_KEY}`, /^secret_key stands there 2 times; at most 1 is taken\.$/],
    [`${STRIPE}${STRIPE.split('\n')[1]}\nwebhook_secret=${NEXT_SECRET}`, /^webhook_secret stands there 3 times/],
  ] as const) {
    const { failure, leaks } = await run(`put stripe --file ${file(text)}`, vault)
    t.regex(failure, sentence)
    t.deepEqual(leaks, [])
  }
  const paypal = await run(`put paypal --file ${file(`client_id=a\nclient_secret=${CLIENT_SECRET}`)}`, vault)
  t.regex(paypal.failure, /^webhook_id is missing: what PayPal calls the webhook, .*Enter .*\/paypal\/webhooks\//)
  t.deepEqual(paypal.leaks, [])
  t.true(asked.every(({ line }) => line === 'GET /v1/processors'))
})

test('a file that others can read, and one that is none, are not taken; nor is what is typed', async (t) => {
  const { vault, asked } = await fakeService(t)
  const typed = Object.assign(sent(STRIPE), { isTTY: true })
  for (const [line, input, sentence] of [
    [`put stripe --file ${file(STRIPE, 0o640)}`, undefined, /must be readable by its owner only \(mode 0600\)/],
    ['put stripe --file nowhere', undefined, /The file that --file names cannot be read/],
    [`put stripe --file ${file(' \n')}`, undefined, /The file that --file names is empty/],
    ['put stripe', undefined, /Name a file with --file, or send the credentials to standard input/],
    ['put stripe', typed, /they are not typed here/],
    ['put stripe', sent(' \n'), /Standard input is empty/],
    ['put stripe', sent(STRIPE.padEnd(10_001)), /too long for credentials/],
  ] as const) {
    const { failure, leaks } = await run(line, vault, { input })
    t.regex(failure, sentence)
    t.deepEqual(leaks, [])
  }
  t.regex((await run('put stripe', {}, { input: sent(STRIPE) })).failure, /VAULT_URL is not set/)
  t.regex((await run('put adyen', vault)).err, /Allowed choices are stripe, paypal/)
  t.deepEqual(asked, [])
})

test('credentials are destroyed, and the refusal of a key that may not is shown', async (t) => {
  const { vault, asked } = await fakeService(t, [204], [204], problem(403, 'scope_missing'))
  const deleted = await run('delete stripe', vault)
  t.is(deleted.code, 0, deleted.failure)
  t.regex(deleted.out, /^Stripe has no credentials/)
  t.deepEqual(JSON.parse((await run('delete paypal --json', vault)).out), { processor: 'paypal', deleted: true })
  t.deepEqual(
    asked.map(({ line }) => line),
    ['DELETE /v1/processors/stripe', 'DELETE /v1/processors/paypal'],
  )
  t.is((await run('delete stripe', vault)).failure, 'Refused')
})

test('what processors told is listed by time, over all pages', async (t) => {
  const event = (id: string, receivedAt: string, more: object = {}) => ({
    id,
    processor: 'stripe',
    type: 'charge.dispute.created',
    reference: 'dp_1',
    state: 'ignored',
    failures: 0,
    failure: null,
    received_at: receivedAt,
    ...more,
  })
  const later = event('pev_1', '2026-11-29T11:00:00.000Z', {
    state: 'received',
    reference: null,
    failures: 2,
    failure: 'outcome_unknown',
  })
  const earlier = event('pev_2', '2026-11-29T10:00:00.000Z')
  const pages: [number, object][] = [
    [200, { data: [later], has_more: true }],
    [200, { data: [earlier], has_more: false }],
  ]
  const { invoicing, asked } = await fakeService(t, ...pages, ...pages, [200, { data: [], has_more: false }])
  const { out, code, failure } = await run('events', invoicing)
  t.is(code, 0, failure)
  const lines = out.trimEnd().split('\n')
  t.regex(lines[0] ?? '', /^2026-11-29T10:00:00.000Z {2}stripe {2}charge\.dispute\.created +dp_1 {2}ignored$/)
  t.regex(lines[1] ?? '', /^2026-11-29T11:.* – {2}received, failed 2 times: outcome_unknown$/)
  t.deepEqual(JSON.parse((await run('events --state received --json', invoicing)).out), { data: [earlier, later] })
  t.is((await run('events --state handled', invoicing)).out, 'Nothing was told.\n')
  t.deepEqual(
    asked.map(({ line }) => line),
    [
      'GET /v1/processor-events?limit=200',
      'GET /v1/processor-events?limit=200&after=pev_1',
      'GET /v1/processor-events?limit=200&state=received',
      'GET /v1/processor-events?limit=200&state=received&after=pev_1',
      'GET /v1/processor-events?limit=200&state=handled',
    ],
  )
  t.regex((await run('events --state lost', invoicing)).err, /Allowed choices are received, handled, ignored/)
})
