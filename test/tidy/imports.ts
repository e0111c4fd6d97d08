import { dirname, posix } from 'node:path'
import type { SourceFile, Tree } from './tree.ts'

export interface Import {
  readonly from: SourceFile
  /** As it is written. */
  readonly specifier: string
  /** The file it means, from the repository's root, where it is one of ours beside the importer's. */
  readonly file: string | undefined
  /** The package it means: of the workspace, of the registry, or `node:…`. */
  readonly package: string | undefined
  /** Types leave nothing behind at run time. */
  readonly typeOnly: boolean
}

const STATIC =
  /^[ \t]*(?:import|export)\b(\s+type\b)?\s*(?:(?:[\w$]+\s*,?\s*)?(?:\*(?:\s+as\s+[\w$]+)?|\{[^}]*\})?\s*\bfrom\s*)?['"]([^'"\n]+)['"]/gm
const DYNAMIC = /\b(?:import|import\.meta\.resolve|require)\(\s*['"]([^'"\n]+)['"]/g

/** Every import and re-export of the TypeScript files of a tree. The rules themselves quote imports that are none. */
export function importsOf(tree: Tree): Import[] {
  return tree
    .filter(({ path }) => path.endsWith('.ts') && !path.startsWith('test/tidy/'))
    .flatMap((from) => [
      ...[...from.code.matchAll(STATIC)].map((match) => anImport(from, match[2] as string, match[1] !== undefined)),
      ...[...from.code.matchAll(DYNAMIC)].map((match) => anImport(from, match[1] as string, false)),
    ])
}

function anImport(from: SourceFile, specifier: string, typeOnly: boolean): Import {
  const ours = specifier.startsWith('.')
  return {
    from,
    specifier,
    file: ours ? posix.normalize(posix.join(dirname(from.path), specifier)) : undefined,
    package: ours ? undefined : /^(node:[\w/]+|@[^/]+\/[^/]+|[^/]+)/.exec(specifier)?.[0],
    typeOnly,
  }
}

export const isTest = (path: string): boolean => /\.test\.ts$|\/testing\/|^test\/|^services\/\w+\/test\//.test(path)

/** The workspace package that a file belongs to, such as `packages/money`; the tests of the repository are one as well. */
export const homeOf = (path: string): string =>
  /^(packages|services)\/[^/]+/.exec(path)?.[0] ?? path.split('/')[0] ?? ''

/** How a violation is shown. */
export const shown = ({ from, specifier }: Import): string => `${from.path} imports ${specifier}`

/**
 * @param edges From each node to those it needs.
 * @returns One circle, from a node to itself again, or undefined.
 */
export function circle(edges: ReadonlyMap<string, Iterable<string>>): readonly string[] | undefined {
  const done = new Set<string>()
  const walk = (node: string, path: readonly string[]): readonly string[] | undefined => {
    if (path.includes(node)) return [...path.slice(path.indexOf(node)), node]
    if (done.has(node)) return undefined
    for (const next of edges.get(node) ?? []) {
      const found = walk(next, [...path, node])
      if (found) return found
    }
    done.add(node)
    return undefined
  }
  for (const node of edges.keys()) {
    const found = walk(node, [])
    if (found) return found
  }
  return undefined
}
