import type { Face } from './fonts.ts'

/** A letter with the marks that combine with it: never taken apart. */
const CLUSTER = /\P{M}\p{M}*|\p{M}+/gu
/** Behind a hyphen between letters, and behind slashes, a long word may be broken before it must be. */
const SOFT_BREAK = /(?<=\p{L}-)(?=\p{L})|(?<=\/)(?=[^/])/u

/**
 * Breaks text into lines that are no wider than `width`.
 *
 * Lines break at spaces and at line feeds, behind hyphens, and as a last resort inside a word. A no-break space does not break.
 *
 * @param width In points. A single letter wider than this gets a line of its own.
 * @returns At least one line; an empty one for an empty text.
 */
export function wrap(text: string, face: Face, size: number, width: number): string[] {
  return text.split('\n').flatMap((paragraph) => wrapParagraph(paragraph.trim(), face, size, width))
}

function wrapParagraph(text: string, face: Face, size: number, width: number): string[] {
  if (face.width(text, size) <= width && !text.includes('  ')) return [text]
  const lines: string[] = []
  let current = ''
  for (const [piece, spaced] of piecesOf(text, face, size, width)) {
    const extended = current === '' ? piece : current + (spaced ? ' ' : '') + piece
    if (current === '' || face.width(extended, size) <= width) {
      current = extended
      continue
    }
    lines.push(current)
    current = piece
  }
  lines.push(current)
  return lines
}

/** @returns What may not be broken any further, each with whether a space stands before it. */
function* piecesOf(text: string, face: Face, size: number, width: number): Iterable<[piece: string, spaced: boolean]> {
  for (const word of text.split(/ +/)) {
    let spaced = true
    for (const part of word.split(SOFT_BREAK)) {
      for (const piece of face.width(part, size) <= width ? [part] : chop(part, face, size, width)) {
        yield [piece, spaced]
        spaced = false
      }
    }
  }
}

/** Cuts a word that is wider than a line into pieces that are as wide as a line can take. */
function chop(word: string, face: Face, size: number, width: number): string[] {
  const pieces: string[] = []
  let current = ''
  for (const [cluster] of word.matchAll(CLUSTER)) {
    if (current !== '' && face.width(current + cluster, size) > width) {
      pieces.push(current)
      current = ''
    }
    current += cluster
  }
  pieces.push(current)
  return pieces
}
