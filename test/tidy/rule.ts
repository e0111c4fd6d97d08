import { isNamed, type SourceFile, sourceFile, type Tree } from './tree.ts'

/** A rule of the house, with the proof that its check can fail. */
export interface Rule {
  /** What the rule keeps, as the end of "it is so that …". */
  readonly because: string
  /** @returns What breaks the rule, with where it stands; empty when nothing does. */
  check(tree: Tree): string[]
  /** Trees that break the rule, each in a way of its own. */
  readonly planted: readonly Tree[]
  /** A tree that looks similar and keeps the rule. */
  readonly innocent: Tree
}

/** Files that a test makes up, by path. */
export const files = (contents: Readonly<Record<string, string>>): Tree =>
  Object.entries(contents).map(([path, text]) => sourceFile(path, text))

export interface Forbidden {
  readonly because: string
  /** Which files the rule is about; one that begins with `!` takes out again. The rules themselves never are. */
  readonly files: readonly string[]
  /** What must not stand there, within a line or over several. */
  readonly forbidden: RegExp
  /** Whether comments are read as well. */
  readonly comments?: boolean
  /** A path that the rule is about, for the lines below. */
  readonly at: string
  /** Lines that break the rule. */
  readonly planted: readonly string[]
  /** Lines that do not. */
  readonly innocent: readonly string[]
}

/** Makes a rule of a pattern. */
export function forbid({ because, files: globs, forbidden, comments, at, planted, innocent }: Forbidden): Rule {
  const pattern = new RegExp(forbidden, `${forbidden.flags.replace('g', '')}g`)
  return {
    because,
    planted: planted.map((line) => files({ [at]: line })),
    innocent: files({ [at]: innocent.join('\n') }),
    check: (tree) =>
      tree
        .filter(({ path }) => isNamed(path, [...globs, '!test/tidy/**']))
        .flatMap((file) => {
          const read = comments ? file.text : file.code
          return [...read.matchAll(pattern)].map((match) => found(file, match.index, match[0]))
        }),
  }
}

/** Says where something stands: `path:line what`. */
export function found(file: SourceFile, index: number, what: string): string {
  const line = file.text.slice(0, index).split('\n').length
  return `${file.path}:${line} ${what.trim().replace(/\s+/g, ' ').slice(0, 100)}`
}
