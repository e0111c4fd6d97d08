import type { FaceName, Fonts } from './fonts.ts'

/** Points per millimetre. All lengths are points, measured from the top left corner of the page. */
export const MM = 72 / 25.4

export const PAGE_WIDTH = 210 * MM
export const PAGE_HEIGHT = 297 * MM
/** DIN 5008: 25 mm left, 20 mm right. */
export const LEFT = 25 * MM
export const RIGHT = 190 * MM

export const INK = '#1c2430'
export const MUTED = '#5a6572'
export const HAIRLINE = '#d3d9e0'
export const ACCENT = '#1f4a6d'

export interface TextStyle {
  readonly face: FaceName
  readonly size: number
  readonly color: string
  /** From one baseline to the next. */
  readonly leading: number
}

/** @param leading As a multiple of the size. */
export function style(size: number, face: FaceName = 'regular', color: string = INK, leading = 1.32): TextStyle {
  return { face, size, color, leading: size * leading }
}

/** Something drawn. `y` of a text is its baseline. */
export type Mark =
  | { kind: 'text'; x: number; y: number; width: number; text: string; style: TextStyle }
  | { kind: 'rule'; x: number; y: number; width: number; thickness: number; color: string }
  | { kind: 'logo'; x: number; y: number; width: number; height: number }

/** A piece of the page that is not broken: its height and what it shows, measured from its upper edge. */
export interface Box {
  readonly height: number
  readonly marks: readonly Mark[]
}

/** Where the baseline stands in a line whose capitals are centred: capitals of our font are 0.66 of its size high. */
export function baseline(top: number, { leading, size }: TextStyle): number {
  return top + leading / 2 + size * 0.33
}

/** One line of text whose line box begins at `top`. */
export function textAt(fonts: Fonts, text: string, x: number, top: number, style: TextStyle): Mark {
  return { kind: 'text', x, y: baseline(top, style), width: fonts[style.face].width(text, style.size), text, style }
}

/** The same, ending at `right`. */
export function textUpTo(fonts: Fonts, text: string, right: number, top: number, style: TextStyle): Mark {
  const width = fonts[style.face].width(text, style.size)
  return { kind: 'text', x: right - width, y: baseline(top, style), width, text, style }
}

export function rule(x: number, right: number, y: number, thickness: number, color: string): Mark {
  return { kind: 'rule', x, y, width: right - x, thickness, color }
}

/** @returns The marks moved down by `dy`. */
export function moved(marks: readonly Mark[], dy: number): Mark[] {
  return marks.map((mark) => ({ ...mark, y: mark.y + dy }))
}
