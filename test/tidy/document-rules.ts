import { posix } from 'node:path'
import { files, found, type Rule } from './rule.ts'
import type { SourceFile, Tree } from './tree.ts'

const LINK = /\]\((?!https?:|mailto:|#)([^)\s#]+)(?:#[^)\s]*)?\)/g
const SECURITY = 'SECURITY.md'

const documents = (tree: Tree) => tree.filter(({ path }) => path.endsWith('.md'))

function linksOf(file: SourceFile): { readonly index: number; readonly target: string }[] {
  return [...file.text.matchAll(LINK)].map((match) => ({
    index: match.index,
    target: posix.normalize(posix.join(posix.dirname(file.path), match[1] as string)),
  }))
}

/** A file, or a folder that has one. */
function isThere(tree: Tree, target: string): boolean {
  const folder = `${target.replace(/\/$/, '')}/`
  return tree.some(({ path }) => path === target || path.startsWith(folder))
}

/** Rows of the table under a heading, without its head. */
function rowsOf(text: string, heading: string): string[] {
  const section = text.split(`## ${heading}\n`)[1]?.split('\n## ')[0] ?? ''
  return section.split('\n').filter((line) => line.startsWith('| ') && !/^\| (threat|---)/.test(line))
}

const THREATS = 'Threats and what meets them'
const threats = (row: string) =>
  files({ [SECURITY]: `## ${THREATS}\n| threat | a | b |\n| --- | --- | --- |\n${row}\n` })

/** Rules about what is written for people. */
export const DOCUMENT_RULES: readonly Rule[] = [
  {
    because: 'a link in a document leads to something that is there',
    check: (tree) =>
      documents(tree).flatMap((file) =>
        linksOf(file)
          .filter(({ target }) => !isThere(tree, target))
          .map(({ index, target }) => found(file, index, target)),
      ),
    planted: [
      files({ 'README.md': 'see [this](docs/gone.md)' }),
      files({ 'docs/a.md': '[b](b.md#part)', 'b.md': 'words' }),
    ],
    innocent: files({
      'docs/a.md': '[b](../b.md#part) [folder](../test/leak) [outside](https://example.com) [here](#part)',
      'b.md': 'words',
      'test/leak/leak.test.ts': '',
    }),
  },
  {
    because: 'each threat is met by something that a test shows',
    check: (tree) =>
      tree
        .filter(({ path }) => path === SECURITY)
        .flatMap(({ text }) => {
          const rows = rowsOf(text, THREATS)
          const bare = rows.filter((row) => !/\]\([^)]+\.test\.ts\) *(,[^|]*)?\|$/.test(row))
          return rows.length === 0
            ? [`${SECURITY} lists no threat`]
            : bare.map((row) => `${SECURITY} ${row.slice(0, 60)}`)
        }),
    planted: [
      threats('| theft | a lock | `packages/lock` |'),
      threats('| theft | a lock | [lock](packages/lock.ts) |'),
      files({ [SECURITY]: 'We are careful.' }),
    ],
    innocent: threats('| theft | a lock | [lock](packages/lock.test.ts), [key](packages/key.test.ts) |'),
  },
]
