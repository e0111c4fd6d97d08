import { byteSearch } from './byte-search.ts'
import { formsOf } from './forms.ts'
import type { Mark } from './marks.ts'

/** A mark that was found. */
export interface Finding {
  /** What the mark was used for. */
  readonly mark: string
  /** How it is written there. */
  readonly forms: readonly string[]
  readonly where: string
}

export interface LeakSearch {
  /** Searches the bytes of one place. */
  look(where: string, content: Uint8Array | string): void
  /** How much was searched, in bytes by place: a search that saw nothing finds nothing. */
  readonly searched: ReadonlyMap<string, number>
  findings(): Finding[]
}

/** Makes a search for every form of every mark. */
export function leakSearch(marks: readonly Mark[]): LeakSearch {
  const patterns = marks.flatMap((mark) =>
    formsOf(mark).map(({ form, bytes }) => ({ bytes, means: { mark: mark.name, form } })),
  )
  const search = byteSearch(patterns)
  const found = new Map<string, { mark: string; where: string; forms: Set<string> }>()
  const searched = new Map<string, number>()
  return {
    searched,
    look(where, content) {
      const bytes = typeof content === 'string' ? Buffer.from(content) : content
      searched.set(where, (searched.get(where) ?? 0) + bytes.length)
      for (const { mark, form } of search(bytes)) {
        const key = JSON.stringify([mark, where])
        const finding = found.get(key) ?? { mark, where, forms: new Set() }
        found.set(key, { ...finding, forms: finding.forms.add(form) })
      }
    },
    findings: () => [...found.values()].map(({ mark, where, forms }) => ({ mark, where, forms: [...forms].sort() })),
  }
}
