import { readdirSync, readFileSync } from 'node:fs'
import { join, matchesGlob } from 'node:path'
import { blankComments } from './blank-comments.ts'

/** A file of the repository, or one that a test makes up. */
export interface SourceFile {
  /** From the repository's root, with slashes. */
  readonly path: string
  readonly text: string
  /** The text with its comments blanked, line for line; the text itself where the language is not known. */
  readonly code: string
}

export type Tree = readonly SourceFile[]

/** What is made, installed or fetched, and not written. */
const NOT_OURS = new Set(['.git', '.kontor', 'node_modules'])
const BINARY = /\.(ttf|png|jpe?g|pdf|icc|zip)$/

export const sourceFile = (path: string, text: string): SourceFile => ({ path, text, code: codeOf(path, text) })

function codeOf(path: string, text: string): string {
  if (/\.[jt]s$/.test(path)) return blankComments(text)
  if (path.endsWith('.sql')) return text.replace(/--.*$/gm, '')
  return text
}

/** Reads every text file below `root`. */
export function readTree(root: string, folder = ''): SourceFile[] {
  return readdirSync(join(root, folder), { withFileTypes: true })
    .filter(({ name }) => !NOT_OURS.has(name) && !BINARY.test(name))
    .flatMap((entry) => {
      const path = folder === '' ? entry.name : `${folder}/${entry.name}`
      if (entry.isDirectory()) return readTree(root, path)
      return entry.isFile() ? [sourceFile(path, readFileSync(join(root, path), 'utf8'))] : []
    })
}

/**
 * Whether a path is one of those that a list of patterns names.
 *
 * @param globs Later ones count more; one that begins with `!` takes out again.
 */
export function isNamed(path: string, globs: readonly string[]): boolean {
  const last = globs.findLast((glob) => matchesGlob(path, glob.replace(/^!/, '')))
  return last !== undefined && !last.startsWith('!')
}

/** What runs in production: neither tests nor what only they import. */
export const PRODUCTION: readonly string[] = [
  'packages/*/src/**/*.ts',
  'services/*/src/**/*.ts',
  '!**/*.test.ts',
  '!**/*.vectors.ts',
  '!**/testing/**',
]
