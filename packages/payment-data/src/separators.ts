/** Space, no-break space and its narrow form, hyphen and no-break hyphen: what a typed or pasted number is grouped with. */
const SEPARATORS = /[ \u00a0\u202f\u2011-]/g

/** @returns The number as it is stored: without what was put in to make it readable. */
export function withoutSeparators(input: string): string {
  return input.replace(SEPARATORS, '')
}
