import { forbid, type Rule } from './rule.ts'
import { PRODUCTION } from './tree.ts'

/** What runs in production in a library. */
const PACKAGES = [...PRODUCTION, '!services/**']
/** What runs in production in one of the two services. */
const SERVICES = [...PRODUCTION, '!packages/**', '!services/cli/**']

/** Patterns that must not stand in code. Comments may speak of them. */
export const CODE_RULES: readonly Rule[] = [
  forbid({
    because: 'a library has no clock of its own',
    files: PACKAGES,
    forbidden: /\bDate\.now\b|\bnew Date\(\)|\bperformance\.now\b|\bprocess\.hrtime\b|\bTemporal\.Now\b/,
    at: 'packages/money/src/when.ts',
    planted: ['const at = Date.now()', 'const day = new Date()', 'run({ nowMs: Date.now })', 'performance.now()'],
    innocent: ['const day = new Date(ms)', 'const ms = Date.parse(text)', '// such as Date.now'],
  }),
  forbid({
    because: 'a library reads no environment and ends no process',
    files: PACKAGES,
    forbidden: /\bprocess\.(env|argv|exit|exitCode|cwd)\b/,
    at: 'packages/money/src/where.ts',
    planted: ['const zone = process.env.TZ', 'process.exit(1)', 'join(process.cwd(), name)'],
    innocent: ['const own = process.pid', 'if (process.platform === "linux") return'],
  }),
  forbid({
    because: 'a service reads its environment and its clock in one place each',
    files: [...SERVICES, '!services/*/src/main.ts', '!services/*/src/config.ts'],
    forbidden: /\bprocess\.(env|argv)\b|\bDate\.now\b|\bnew Date\(\)|\bperformance\.now\b/,
    at: 'services/vault/src/tokens/service.ts',
    planted: ['const url = process.env.VAULT_URL', 'const at = new Date()', 'const ms = Date.now()'],
    innocent: ['const at = deps.now()', 'const at = new Date(deps.nowMs())'],
  }),
  forbid({
    because: 'nothing is drawn from a source that can be guessed',
    files: ['packages/**/*.ts', 'services/**/*.ts'],
    forbidden: /\bMath\.random\b/,
    at: 'packages/ids/src/uuid.ts',
    planted: ['const id = Math.random()'],
    innocent: ['const id = deps.random(16)'],
  }),
  forbid({
    because: 'randomness is handed in, so that a test can decide it',
    files: [
      ...PRODUCTION,
      '!services/*/src/main.ts',
      '!services/cli/**',
      // A caller who could choose the nonce of AES-GCM could use one twice, which gives the key stream away.
      '!packages/jose-box/src/iv.ts',
      // The name of a request means nothing but itself.
      '!packages/http-api/src/request-ids.ts',
      // Handed in as well; this is what stands in where nobody does.
      '!packages/postgres/src/create-databases.ts',
      '!packages/embedded-postgres/src/start-embedded.ts',
    ],
    forbidden: /\b(randomBytes|randomFill|randomFillSync|randomUUID|randomInt|getRandomValues)\b/,
    at: 'services/invoicing/src/documents/issue.ts',
    planted: ["import { randomBytes } from 'node:crypto'", 'crypto.getRandomValues(bytes)', 'const id = randomUUID()'],
    innocent: ['const bytes = deps.random(16)', '// such as randomBytes'],
  }),
  forbid({
    because: 'money is never a float',
    files: [...PRODUCTION, '!services/cli/src/commands/work-orders.ts'], // prints seconds
    forbidden: /\bparseFloat\b|\.toFixed\(|\bNumber\.EPSILON\b|\.toPrecision\(/,
    at: 'packages/money/src/amount.ts',
    planted: ['const price = parseFloat(text)', 'return price.toFixed(2)', 'Number.parseFloat(text)'],
    innocent: ['return decimalFromMinor(minor, currency)'],
  }),
  forbid({
    because: 'an amount in memory is a bigint',
    files: PRODUCTION,
    forbidden: /\b\w*Minor\??: number\b/,
    at: 'services/invoicing/src/payments/payment.ts',
    planted: ['readonly amountMinor: number', 'function net(grossMinor: number) {}', 'openMinor?: number'],
    innocent: ['readonly amountMinor: bigint', 'amount_minor: number // on the wire'],
  }),
  forbid({
    because: 'amounts are not rounded, multiplied or divided outside of packages/money',
    files: [...PRODUCTION, '!packages/money/**'],
    forbidden:
      /\b\w+(Minor|_minor)\b\)?\s*[*/](?!\/)|(?<!['}])[*/]\s*\(?\w+(Minor|_minor)\b|Math\.\w+\([^()]*[mM]inor\b/,
    at: 'services/invoicing/src/exports/csv.ts',
    planted: ['const vat = netMinor * 19n / 100n', 'Number(row.net_minor) / 100', 'Math.round(vatMinor)'],
    innocent: ['const open = grossMinor - paidMinor', "import x from './minor.ts' // netMinor / 100"],
  }),
  forbid({
    because: 'a float never meets the arithmetic of packages/money',
    files: ['packages/money/src/**/*.ts', '!**/*.test.ts'],
    forbidden: /\bMath\.|\bNumber\((?!leftOver|exponent)|[^\w.]\d+\.\d+\b/,
    at: 'packages/money/src/allocate.ts',
    planted: ['const half = 0.5', 'Math.round(x)', 'return Number(amountMinor)'],
    innocent: ['const half = 1n', '// 0.5', 'shares[Number(leftOver)]'],
  }),
  forbid({
    because: 'every column is asked for by its name',
    files: [...PRODUCTION, 'db/**/*.sql', 'test/support/**'],
    // The list of a json_to_recordset stands right behind it.
    forbidden:
      /\bselect\s+\*(?!\s+from\s+json_to_recordset\([^)]*\)\s+as\s+\w+\s*\()|select\('\*'|returning\s+\*|returning\('\*'/i,
    at: 'services/vault/src/tokens/repo.ts',
    planted: ["tx('token').select('*')", '`select * from token`', "returning('*')", '`insert … returning *`'],
    innocent: [
      "tx('token').select('id')",
      'select * from json_to_recordset($1::json) as item (',
      'select count(*) from x',
    ],
  }),
  forbid({
    because: 'a transaction is never optional: the call that forgets it reads outside of it',
    files: PRODUCTION,
    forbidden: /\b(tx|trx|transaction)\?:/,
    at: 'services/vault/src/tokens/repo.ts',
    planted: ['function find(id: string, tx?: Tx) {}'],
    innocent: ['function find(tx: Tx, id: string) {}'],
  }),
  forbid({
    because: 'everything is exported by its name',
    files: ['packages/**/*.ts', 'services/**/*.ts', 'test/**/*.ts', '!**/*.d.ts'],
    forbidden: /\bexport default\b|\bas default\b/,
    at: 'packages/money/src/totals.ts',
    planted: ['export default function totals() {}', 'export { totals as default }'],
    innocent: ['export function totals() {}', "import knex from 'knex'"],
  }),
  forbid({
    because: 'a name is imported from where it is made, and only a package’s door hands on',
    files: ['packages/*/src/**/*.ts', 'services/*/src/**/*.ts', '!*/*/src/index.ts', '!packages/*/src/testing/door.ts'],
    forbidden: /^export\s+(type\s+)?(\*|\{[^}]*\})(\s+as\s+\w+)?\s+from\b/m,
    at: 'services/vault/src/tokens/tokens.ts',
    planted: [
      "export * from './repo.ts'",
      "export { find } from './repo.ts'",
      "export type {\n  Token,\n} from './token.ts'",
    ],
    innocent: ["import { find } from './repo.ts'", 'export const from = 1', 'export { find }'],
  }),
  forbid({
    because: 'the compiler is not told to look away in production',
    files: PRODUCTION,
    forbidden: /@ts-(ignore|expect-error|nocheck)|:\s*any\b|\bas any\b|<any>/,
    comments: true,
    at: 'services/vault/src/app.ts',
    planted: ['// @ts-ignore', 'const body: any = {}', '(row as any).id', 'Promise<any>'],
    innocent: ['const body: unknown = {}', '// as many as there are'],
  }),
  forbid({
    because: 'a card number or an IBAN comes to be in its parser alone',
    files: [...PRODUCTION, '!packages/payment-data/src/{pan,iban,us-account}.ts'],
    forbidden: /\bas (Pan|Iban|UsAccountNumber)\b/,
    at: 'services/vault/src/tokens/instrument.ts',
    planted: ['brandOf(text as Pan)'],
    innocent: ['brandOf(parsePan(text).reveal())'],
  }),
  forbid({
    because: 'a secret leaves its wrapper in the vault alone',
    files: [...PRODUCTION, '!packages/payment-data/**', '!services/vault/**'],
    forbidden: /\.reveal\(/,
    at: 'services/invoicing/src/documents/draft.ts',
    planted: ['const digits = parsePan(text).reveal()'],
    innocent: ['const masked = instrument.display'],
  }),
  forbid({
    because: 'nothing is printed past the logger, except by the command line',
    files: [...PRODUCTION, '!services/cli/**'],
    forbidden: /\bconsole\.\w+\(/,
    at: 'services/vault/src/app.ts',
    planted: ['console.log(token)', 'console.error(error)'],
    innocent: ['logger.info({ event: "listening" })', '// console.log would print it'],
  }),
  forbid({
    because: 'no test is left out, and none runs alone',
    files: ['**/*.test.ts'],
    forbidden: /\btest(\.\w+)*\.(only|skip|todo|failing)\b/,
    at: 'packages/money/src/totals.test.ts',
    planted: ["test.only('totals', (t) => t.pass())", "test.serial.skip('totals', run)", "test.todo('totals')"],
    innocent: ["test.serial('totals', run)", "test('skip', run)"],
  }),
]
