import { posix } from 'node:path'
import { homeOf, importsOf, isTest } from './imports.ts'
import { files, type Rule } from './rule.ts'
import type { SourceFile, Tree } from './tree.ts'

const LINES_MAX = 300
/** Printed by a program from files that are short enough. */
const PRINTED = /^db\/\w+\/schema\.sql$/

/** What somebody who comes to the repository looks for. */
const FOR_READERS = [
  'README.md',
  'CHANGELOG.md',
  'CONTRIBUTING.md',
  'SECURITY.md',
  'LICENSE',
  'docs/glossary.md',
  '.ci/run',
]

const HOMELESS = /(^|\/)(utils?|helpers?|commons?|shared|misc|lib)(\/|\.ts$)/

const linesOf = ({ text }: SourceFile) => text.split('\n').length - (text.endsWith('\n') ? 1 : 0)
const codeFiles = (tree: Tree) => tree.filter(({ path }) => /\.(ts|sql|js)$/.test(path) && !PRINTED.test(path))

interface Manifest {
  readonly name?: string
  readonly private?: boolean
  readonly license?: string
  readonly type?: string
  readonly exports?: unknown
  readonly dependencies?: Readonly<Record<string, string>>
  readonly devDependencies?: Readonly<Record<string, string>>
}

function manifestsOf(tree: Tree): { readonly path: string; readonly home: string; readonly manifest: Manifest }[] {
  return tree
    .filter(({ path }) => /^(packages|services)\/[^/]+\/package\.json$|^test\/package\.json$/.test(path))
    .map(({ path, text }) => ({ path, home: posix.dirname(path), manifest: JSON.parse(text) as Manifest }))
}

/** Of a package's own scripts, which have a package.json of their own. */
const isAside = (path: string) => /^packages\/[^/]+\/scripts\//.test(path)

const DOOR = './src/index.ts'
/** A fake that the tests of other packages use as well has a door of its own. */
const DOORS = [DOOR, { '.': DOOR, './testing': './src/testing/door.ts' }].map((exports) => JSON.stringify(exports))

/** The root gives every test its runner. */
const OF_THE_ROOT = new Set(['ava', 'fast-check'])

function undeclared(tree: Tree): string[] {
  const manifests = new Map(manifestsOf(tree).map(({ home, manifest }) => [home, manifest]))
  return importsOf(tree).flatMap(({ from, package: name }) => {
    if (name === undefined || name.startsWith('node:') || isAside(from.path)) return []
    const manifest = manifests.get(homeOf(from.path))
    const known = { ...manifest?.dependencies, ...(isTest(from.path) ? manifest?.devDependencies : {}) }
    const inTest = isTest(from.path) && OF_THE_ROOT.has(name)
    const typed = manifest?.devDependencies?.[`@types/${name}`] !== undefined && name in known
    return name in known || typed || inTest || name === manifest?.name ? [] : [`${from.path} imports ${name}`]
  })
}

/** A name in quotes is a use as well: some packages are only looked up. */
function unused(tree: Tree): string[] {
  return manifestsOf(tree).flatMap(({ path, home, manifest }) => {
    const code = tree.filter((file) => file.path.endsWith('.ts') && homeOf(file.path) === home).map((file) => file.code)
    return Object.keys({ ...manifest.dependencies, ...manifest.devDependencies })
      .filter((name) => !name.startsWith('@types/') && !OF_THE_ROOT.has(name))
      .filter((name) => !code.some((text) => text.includes(`'${name}'`) || text.includes(`'${name}/`)))
      .map((name) => `${path} names ${name}`)
  })
}

const MANIFEST = {
  name: '@kontor/ids',
  private: true,
  license: 'Apache-2.0',
  type: 'module',
  exports: './src/index.ts',
  dependencies: { knex: '^3.0.0' },
}
const manifest = (changed: object) => JSON.stringify({ ...MANIFEST, ...changed })
const aPackage = (text: string, code = "import knex from 'knex'") =>
  files({ 'packages/ids/package.json': text, 'packages/ids/src/index.ts': code })

/** Rules about which files there are, and what they are called. */
export const TREE_RULES: readonly Rule[] = [
  {
    because: `a file is read in one go: ${LINES_MAX} lines at most`,
    check: (tree) =>
      codeFiles(tree)
        .filter((file) => linesOf(file) > LINES_MAX)
        .map((file) => `${file.path} has ${linesOf(file)} lines`),
    planted: [
      files({ 'packages/ids/src/a.ts': 'a\n'.repeat(LINES_MAX + 1) }),
      files({ 'db/vault/0009_a.sql': '\n'.repeat(LINES_MAX + 1) }),
    ],
    innocent: files({
      'packages/ids/src/a.ts': 'a\n'.repeat(LINES_MAX),
      'db/vault/schema.sql': '\n'.repeat(LINES_MAX + 1),
    }),
  },
  {
    because: 'a function without a home is missing its noun: no utils, helpers, common, shared or misc',
    check: (tree) => tree.filter(({ path }) => HOMELESS.test(path)).map(({ path }) => path),
    planted: [
      files({ 'packages/ids/src/utils/a.ts': '' }),
      files({ 'services/vault/src/helpers.ts': '' }),
      files({ 'test/common/a.ts': '' }),
    ],
    innocent: files({ 'packages/ids/src/sharing.ts': '', 'test/support/database.ts': '' }),
  },
  {
    because: 'files are called in kebab-case',
    check: (tree) =>
      tree
        .filter(({ path }) => /^(packages|services|test)\/.*\.ts$/.test(path))
        .filter(({ path }) => !/^[a-z0-9]+(-[a-z0-9]+)*(\.[a-z0-9-]+)*\.ts$/.test(posix.basename(path)))
        .map(({ path }) => path),
    planted: [files({ 'packages/ids/src/typeId.ts': '' }), files({ 'packages/ids/src/type_id.ts': '' })],
    innocent: files({ 'packages/ids/src/type-id.test.ts': '', 'packages/jose-box/src/rfc7520.vectors.ts': '' }),
  },
  {
    because: 'a package has one door, and no folder inside has another',
    check: (tree) =>
      tree
        .filter(({ path }) => /^(packages|services)\/[^/]+\/(src\/.+\/)?index\.ts$/.test(path))
        .map(({ path }) => path),
    planted: [files({ 'services/vault/src/tokens/index.ts': '' }), files({ 'packages/ids/index.ts': '' })],
    innocent: files({ 'services/vault/src/index.ts': '' }),
  },
  {
    because: 'who comes to the repository finds what it is, how it changes, and whom to tell',
    check: (tree) => {
      const there = new Set(tree.filter(({ text }) => text.trim() !== '').map(({ path }) => path))
      return FOR_READERS.filter((path) => !there.has(path)).map((path) => `${path} is missing`)
    },
    planted: FOR_READERS.map((missing) =>
      files(Object.fromEntries(FOR_READERS.filter((path) => path !== missing).map((path) => [path, 'words']))),
    ),
    innocent: files(Object.fromEntries(FOR_READERS.map((path) => [path, 'words']))),
  },
  {
    because: 'a package says what it is: private, Apache-2.0, a module with one door, and one for tests at most',
    check: (tree) =>
      manifestsOf(tree).flatMap(({ path, home, manifest: found }) => {
        const name = home === 'test' ? '@kontor/test' : `@kontor/${posix.basename(home)}`
        const right =
          found.name === name &&
          found.private === true &&
          found.license === 'Apache-2.0' &&
          found.type === 'module' &&
          (home === 'test' || DOORS.includes(JSON.stringify(found.exports)))
        return right ? [] : [path]
      }),
    planted: [
      { private: false },
      { license: 'MIT' },
      { type: 'commonjs' },
      { exports: './dist/index.js' },
      { exports: { '.': './src/index.ts', './a': './src/a.ts' } },
      { name: 'ids' },
    ].map((wrong) => aPackage(manifest(wrong))),
    innocent: aPackage(manifest({})),
  },
  {
    because: 'a package names everything it imports',
    check: undeclared,
    planted: [
      aPackage(manifest({ dependencies: {} })),
      aPackage(manifest({ dependencies: {}, devDependencies: { knex: '^3.0.0' } })),
    ],
    innocent: aPackage(manifest({}), "import knex from 'knex'\nimport { join } from 'node:path'"),
  },
  {
    because: 'a package imports everything it names',
    check: unused,
    planted: [aPackage(manifest({}), ''), aPackage(manifest({ devDependencies: { pg: '^8.0.0' } }))],
    innocent: aPackage(manifest({ devDependencies: { '@types/pg': '^8.0.0' } })),
  },
]
