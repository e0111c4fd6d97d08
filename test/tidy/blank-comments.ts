/** After one of these a slash begins a regular expression; after anything else it divides. */
const BEFORE_REGEX = /(?:^|[=(,:[!&|?{};+\n]|=>|\b(?:return|typeof|case|in|of|throw))\s*$/

/**
 * Puts spaces in the place of every comment of a TypeScript file, so that a rule about code does not read prose. Lines and
 * columns stay where they are; strings, templates and regular expressions are left as they are.
 */
export function blankComments(text: string): string {
  let out = ''
  let at = 0
  const take = (length: number) => {
    out += text.slice(at, at + length)
    at += length
  }
  const blank = (length: number) => {
    out += text.slice(at, at + length).replace(/[^\n]/g, ' ')
    at += length
  }
  while (at < text.length) {
    const two = text.slice(at, at + 2)
    const one = text[at] as string
    if (two === '//') blank(lengthTo(text, at, '\n'))
    else if (two === '/*') blank(lengthTo(text, at + 2, '*/') + 4)
    else if (one === "'" || one === '"' || one === '`') take(quotedLength(text, at, one))
    else if (one === '/' && BEFORE_REGEX.test(out.slice(-200))) take(regexLength(text, at))
    else take(1)
  }
  return out
}

function lengthTo(text: string, from: number, end: string): number {
  const found = text.indexOf(end, from)
  return (found === -1 ? text.length : found) - from
}

/** A template is taken whole: a comment inside of its `${…}` is rare enough. */
function quotedLength(text: string, from: number, quote: string): number {
  for (let at = from + 1; at < text.length; at++) {
    if (text[at] === '\\') at++
    else if (text[at] === quote || (text[at] === '\n' && quote !== '`')) return at - from + 1
  }
  return text.length - from
}

function regexLength(text: string, from: number): number {
  let inClass = false
  for (let at = from + 1; at < text.length; at++) {
    const one = text[at]
    if (one === '\\') at++
    else if (one === '[') inClass = true
    else if (one === ']') inClass = false
    else if (one === '\n' || (one === '/' && !inClass)) return at - from + 1
  }
  return text.length - from
}
