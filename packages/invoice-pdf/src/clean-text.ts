/** Line separators of every kind: CR LF, CR, VT, FF, NEL, LS, PS. */
const LINE_BREAKS = /\r\n?|[\v\f\u0085\u2028\u2029]/g
/** Controls other than the line feed, format characters (soft hyphen, joiners, direction marks), variation selectors. */
const INVISIBLE = /(?!\n)\p{Cc}|\p{Cf}|[\u034f\ufe00-\ufe0f\u{e0100}-\u{e01ef}]/gu
const FIXED_SPACES = /[\u2007\u202f]/g
const OTHER_SPACES = /(?!\u00a0)\p{Zs}/gu
const HYPHENS = /[\u2010\u2011]/g

/**
 * Prepares text for the page: what is left is either visible or a plain space, a no-break space or a line feed.
 *
 * @returns Text in Unicode normalization form C, so that a letter and its accent become the one glyph that a font has for them.
 */
export function cleanText(text: string): string {
  return text
    .replace(LINE_BREAKS, '\n')
    .replaceAll('\t', ' ')
    .replace(INVISIBLE, '')
    .replace(FIXED_SPACES, '\u00a0')
    .replace(OTHER_SPACES, ' ')
    .replace(HYPHENS, '-')
    .normalize('NFC')
}

/** @returns The same on one line, without space around it. */
export function cleanLine(text: string): string {
  return cleanText(text)
    .replace(/[ \n]+/g, ' ')
    .trim()
}
