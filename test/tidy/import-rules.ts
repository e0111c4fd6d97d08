import { basename, dirname } from 'node:path'
import { circle, homeOf, type Import, importsOf, isTest, shown } from './imports.ts'
import { files, type Rule } from './rule.ts'

/** A rule that judges each import by itself. */
function forbidImports(
  because: string,
  breaks: (one: Import) => boolean,
  examples: { planted: readonly Readonly<Record<string, string>>[]; innocent: Readonly<Record<string, string>> },
): Rule {
  return {
    because,
    check: (tree) => importsOf(tree).filter(breaks).map(shown),
    planted: examples.planted.map(files),
    innocent: files(examples.innocent),
  }
}

/** Libraries that decide and calculate, and touch nothing outside. */
const PURE = ['ids', 'money', 'payment-data', 'problem', 'api-key', 'merkle-log', 'audit-log']
/** What a pure library may use of Node.js. */
const PURE_NODE = ['node:crypto', 'node:util', 'node:zlib', 'node:buffer']

const inProduction = ({ from }: Import) => /^(packages|services)\/[^/]+\/src\//.test(from.path) && !isTest(from.path)

/** From what starts everything down to what is asked last; a file of another name stands beside the services. */
const FLOORS = ['main.ts', 'app.ts', 'routes.ts', 'service.ts', 'repo.ts']
/** `index.ts` and `openapi.ts` are doors beside main.ts: they show the app to others. */
const DOORS = ['main.ts', 'index.ts', 'openapi.ts']
/** The commands of `services/cli` are no HTTP service, and have no such floors. */
const hasFloors = ({ from, file }: Import) =>
  inProduction({ from } as Import) && /^services\/(?!cli\/)/.test(from.path) && file !== undefined

function climbs(one: Import): boolean {
  if (!hasFloors(one) || one.typeOnly) return false
  const [from, to] = [basename(one.from.path), basename(one.file as string)]
  if (to === 'main.ts') return true
  if (to === 'app.ts') return !DOORS.includes(from)
  if (to === 'routes.ts') return from !== 'app.ts'
  if (to === 'service.ts') {
    const ownRoutes = from === 'routes.ts' && dirname(one.from.path) === dirname(one.file as string)
    return from !== 'app.ts' && !ownRoutes
  }
  return (
    to === 'repo.ts' &&
    FLOORS.indexOf(from) !== -1 &&
    FLOORS.indexOf(from) < FLOORS.indexOf('service.ts') &&
    from !== 'app.ts'
  )
}

/** What a file of rules may import besides its own feature's types. */
const isRules = (path: string) => /(^|[/-])rules\.ts$/.test(path)

export const IMPORT_RULES: readonly Rule[] = [
  forbidImports(
    'an import says which file it means',
    (one) => one.file !== undefined && !/\.(ts|json|ttf)$/.test(one.file),
    {
      planted: [
        { 'packages/ids/src/a.ts': "import { b } from './b'" },
        { 'packages/ids/src/a.ts': "export * from './b.js'" },
        { 'packages/ids/src/a.ts': "const { b } = await import('./b')" },
      ],
      innocent: {
        'packages/ids/src/a.ts': "import { b } from './b.ts'\nimport data from './b.json' with { type: 'json' }",
      },
    },
  ),
  forbidImports(
    'a library knows no service, and a service no other one: they speak over HTTP',
    (one) => {
      const service = /^@kontor\/(vault|invoicing|cli)$/.exec(one.package ?? '')?.[1]
      if (service === undefined || isTest(one.from.path)) return false
      // The launcher starts both and makes their tenants.
      return homeOf(one.from.path) !== 'services/cli' || service === 'cli'
    },
    {
      planted: [
        { 'packages/money/src/a.ts': "import { b } from '@kontor/invoicing'" },
        { 'services/invoicing/src/a.ts': "import type { b } from '@kontor/vault'" },
        { 'services/vault/src/a.ts': "const b = await import('@kontor/cli')" },
      ],
      innocent: {
        'services/cli/src/a.ts': "import { b } from '@kontor/vault'",
        'test/e2e/a.test.ts': "import { b } from '@kontor/vault'",
        'services/invoicing/src/a.ts': "import { b } from '@kontor/money'",
      },
    },
  ),
  forbidImports(
    'what stands in another package is reached through its door',
    (one) => {
      if (/^@kontor\/[^/]+\/testing$/.test(one.specifier)) return !isTest(one.from.path)
      if (/^@kontor\/[^/]+\//.test(one.specifier)) return true
      if (one.file === undefined || homeOf(one.from.path) === homeOf(one.file)) return false
      return !(isTest(one.from.path) && one.file.startsWith('test/support/'))
    },
    {
      planted: [
        { 'packages/money/src/a.ts': "import { b } from '../../ids/src/b.ts'" },
        { 'packages/money/src/a.ts': "import { b } from '@kontor/ids/src/b.ts'" },
        { 'services/vault/src/a.ts': "import { b } from '@kontor/processors/testing'" },
        { 'services/vault/src/a.test.ts': "import { b } from '@kontor/processors/testing/b.ts'" },
        { 'packages/money/src/a.ts': "import { b } from '../../../test/support/clock.ts'" },
        { 'test/e2e/a.test.ts': "import { b } from '../../services/vault/src/app.ts'" },
      ],
      innocent: {
        'packages/money/src/a.test.ts': "import { b } from '../../../test/support/clock.ts'",
        'packages/money/src/b.ts': "import { c } from './deep/c.ts'\nimport { d } from '@kontor/ids'",
        'services/vault/src/b.test.ts': "import { b } from '@kontor/processors/testing'",
      },
    },
  ),
  forbidImports(
    'what only tests need never runs in production',
    (one) =>
      inProduction(one) &&
      (/^(ava|fast-check|pdfjs-dist)$/.test(one.package ?? '') || (one.file !== undefined && isTest(one.file))),
    {
      planted: [
        { 'packages/money/src/a.ts': "import fc from 'fast-check'" },
        { 'packages/money/src/a.ts': "import { b } from './b.test.ts'" },
        { 'packages/invoice-pdf/src/a.ts': "import { b } from './testing/samples.ts'" },
      ],
      innocent: {
        'packages/money/src/a.test.ts': "import test from 'ava'",
        'packages/money/src/testing/b.ts': "import fc from 'fast-check'",
      },
    },
  ),
  forbidImports(
    'a pure library touches nothing outside of itself',
    (one) => {
      const pure = inProduction(one) && PURE.some((name) => homeOf(one.from.path) === `packages/${name}`)
      if (!pure || one.package === undefined) return false
      if (one.package.startsWith('node:')) return !PURE_NODE.includes(one.package)
      return one.package.startsWith('@kontor/') && !PURE.includes(one.package.slice('@kontor/'.length))
    },
    {
      planted: [
        { 'packages/money/src/a.ts': "import { readFile } from 'node:fs/promises'" },
        { 'packages/ids/src/a.ts': "import { connect } from '@kontor/postgres'" },
      ],
      innocent: {
        'packages/money/src/a.ts': "import { DomainError } from '@kontor/problem'",
        'packages/api-key/src/a.ts': "import { createHash } from 'node:crypto'",
        'packages/invoice-pdf/src/a.ts': "import { readFile } from 'node:fs/promises'",
      },
    },
  ),
  forbidImports('main → app → routes → service → repo: nothing points back up', climbs, {
    planted: [
      { 'services/vault/src/tokens/service.ts': "import { routes } from './routes.ts'" },
      { 'services/vault/src/tokens/repo.ts': "import { tokens } from './service.ts'" },
      { 'services/vault/src/tokens/routes.ts': "import { find } from './repo.ts'" },
      { 'services/vault/src/tokens/tokenize.ts': "import { build } from '../app.ts'" },
      { 'services/vault/src/tokens/service.ts': "import { other } from '../subjects/service.ts'" },
      { 'services/vault/src/app.ts': "import { run } from './main.ts'" },
    ],
    innocent: {
      'services/vault/src/main.ts': "import { build } from './app.ts'",
      'services/vault/src/openapi.ts': "import { build } from './app.ts'",
      'services/vault/src/app.ts':
        "import { routes } from './tokens/routes.ts'\nimport { find } from './tokens/repo.ts'",
      'services/vault/src/tokens/routes.ts': "import { tokens } from './service.ts'",
      'services/vault/src/tokens/service.ts': "import { find } from './repo.ts'",
      'services/vault/src/tokens/tokenize.ts': "import type { Tokens } from './service.ts'",
    },
  }),
  forbidImports(
    'rules decide from what they are given',
    (one) =>
      inProduction(one) &&
      one.from.path.startsWith('services/') &&
      isRules(one.from.path) &&
      !one.typeOnly &&
      (/(^|\/)(repo|service|routes|app)\.ts$/.test(one.file ?? '') ||
        /^node:(?!crypto)|^(pg|knex|fastify)$|^@kontor\/(postgres|http-api|tenancy|keystore)$/.test(one.package ?? '')),
    {
      planted: [
        { 'services/invoicing/src/documents/form-rules.ts': "import { find } from './repo.ts'" },
        { 'services/invoicing/src/documents/rules.ts': "import { connect } from '@kontor/postgres'" },
      ],
      innocent: {
        'services/invoicing/src/documents/rules.ts':
          "import { documentTotals } from '@kontor/money'\nimport { Day } from './calendar.ts'",
      },
    },
  ),
  {
    because: 'no file needs itself, by whatever way',
    check(tree) {
      const edges = new Map<string, string[]>()
      for (const { from, file, typeOnly } of importsOf(tree)) {
        if (file !== undefined && !typeOnly) edges.set(from.path, [...(edges.get(from.path) ?? []), file])
      }
      const found = circle(edges)
      return found ? [found.join(' → ')] : []
    },
    planted: [
      files({
        'packages/ids/src/a.ts': "import { b } from './b.ts'",
        'packages/ids/src/b.ts': "import { c } from './c.ts'",
        'packages/ids/src/c.ts': "import { a } from './a.ts'",
      }),
    ],
    innocent: files({
      'packages/ids/src/a.ts': "import { b } from './b.ts'",
      'packages/ids/src/b.ts': "import type { A } from './a.ts'",
    }),
  },
  {
    because: 'the features of a service stand in an order: none needs one that needs it',
    check(tree) {
      const edges = new Map<string, Set<string>>()
      for (const { from, file, typeOnly } of importsOf(tree)) {
        const [own, other] = [featureOf(from.path), featureOf(file ?? '')]
        if (own === undefined || other === undefined || own === other || typeOnly || isTest(from.path)) continue
        edges.set(own, (edges.get(own) ?? new Set()).add(other))
      }
      const found = circle(edges)
      return found ? [found.join(' → ')] : []
    },
    planted: [
      files({
        'services/invoicing/src/quotes/service.ts': "import { find } from '../documents/repo.ts'",
        'services/invoicing/src/documents/issue.ts': "import { accept } from '../quotes/accept.ts'",
      }),
    ],
    innocent: files({
      'services/invoicing/src/quotes/service.ts': "import { find } from '../documents/repo.ts'",
      'services/invoicing/src/documents/issue.ts': "import type { Quote } from '../quotes/quote.ts'",
      'services/invoicing/src/documents/issue.test.ts': "import { accept } from '../quotes/accept.ts'",
    }),
  },
]

const featureOf = (path: string): string | undefined => /^services\/\w+\/src\/[\w-]+(?=\/)/.exec(path)?.[0]
