import type { Content } from './content.ts'
import type { Fonts } from './fonts.ts'
import {
  ACCENT,
  HAIRLINE,
  INK,
  LEFT,
  type Mark,
  MM,
  MUTED,
  RIGHT,
  rule,
  style,
  type TextStyle,
  textAt,
  textUpTo,
} from './page.ts'
import type { Pair } from './printed.ts'
import { wrap } from './wrap.ts'

/** Where a country's window envelopes want the address. */
interface Letter {
  readonly addressX: number
  readonly metaX: number
  readonly metaRight: number
  /** Heights of the fold and hole marks at the left edge. */
  readonly foldMarks: readonly number[]
}

/** DIN 5008 form B: address 20 mm from the left (text indented by 5 mm), information block 125 mm; folds at 105 and 210 mm. */
const DIN_5008_B: Letter = {
  addressX: 25 * MM,
  metaX: 125 * MM,
  metaRight: RIGHT,
  foldMarks: [105 * MM, 148.5 * MM, 210 * MM],
}
/** Swiss C5 and C5/6 with the window on the right (SN 010130): 90 mm wide, 8 mm from the right edge; C5 folds in the middle. */
const SWISS_RIGHT: Letter = { addressX: 118 * MM, metaX: LEFT, metaRight: 105 * MM, foldMarks: [148.5 * MM] }

/** Both windows show 45 to 90 mm from the top; DIN 5008 sets six lines of address from 62.7 mm on. */
const WINDOW_TOP = 45 * MM
const WINDOW_BOTTOM = 90 * MM
const ADDRESS_TOP = 62.7 * MM
const ADDRESS_WIDTH = 80 * MM
const SENDER_HEIGHT = 5 * MM

const BRAND_TOP = 14 * MM
const BRAND_HEIGHT = 20 * MM
const META_TOP = 50 * MM
/** DIN 5008 form B: the text begins here, two lines below the address field. */
const TITLE_TOP = 98.5 * MM

const COPY_TOP = 5 * MM
const COPY = style(9, 'bold', ACCENT, 1.25)
const WORDMARK = style(15, 'bold', INK, 1.2)
const SENDER = style(6.6, 'regular', MUTED, 1.25)
const ADDRESS_SIZES = [10.3, 9.4, 8.6, 7.8]
const META_LABEL = style(8.6, 'regular', MUTED, 1.4)
const META_VALUE = style(8.6, 'regular', INK, 1.4)
const META_STRONG = style(8.6, 'bold', INK, 1.4)
const TITLE = style(20, 'bold', INK, 1.2)
const TITLE_NUMBER = style(20, 'regular', ACCENT, 1.2)
const DELIVERY = style(9, 'regular', INK, 1.35)

/**
 * The upper part of the first page: logo or name, address, reference block, title.
 *
 * @returns The marks, and where the stream of the document begins below them.
 */
export function layOutHead(
  content: Content,
  fonts: Fonts,
  { country, hasLogo }: { country: string; hasLogo: boolean },
): { marks: Mark[]; bottom: number } {
  const letter = country === 'CH' || country === 'LI' ? SWISS_RIGHT : DIN_5008_B
  const brand = hasLogo ? logoMark(letter) : wordmark(content, letter, fonts)
  const address = addressMarks(content, letter, fonts)
  const meta = metaMarks(content.meta, letter, fonts)
  const title = titleMarks(content, fonts, Math.max(TITLE_TOP, meta.bottom + 6 * MM, address.bottom + 6 * MM))
  const folds = letter.foldMarks.map((y) => rule(4 * MM, 8 * MM, y, 0.4, HAIRLINE))
  return { marks: [...folds, ...brand, ...address.marks, ...meta.marks, ...title.marks], bottom: title.bottom }
}

function logoMark({ metaX, metaRight }: Letter): Mark[] {
  return [{ kind: 'logo', x: metaX, y: BRAND_TOP, width: metaRight - metaX, height: BRAND_HEIGHT }]
}

/** The issuer's name, at most three lines of it: in smaller type before that. */
function wordmark({ wordmark: { text } }: Content, { metaX, metaRight }: Letter, fonts: Fonts): Mark[] {
  const width = metaRight - metaX
  const sizes = [WORDMARK, style(12.5, 'bold', INK, 1.2), style(10.5, 'bold', INK, 1.2), style(8, 'bold', INK, 1.2)]
  const fitting = sizes.find(
    (candidate) => wrap(text, fonts.bold, candidate.size, width).length * candidate.leading <= BRAND_HEIGHT,
  )
  const chosen = fitting ?? style(6, 'bold', INK, 1.2)
  return wrap(text, fonts.bold, chosen.size, width).map((part, i) =>
    textAt(fonts, part, metaX, BRAND_TOP + i * chosen.leading, chosen),
  )
}

function addressMarks(
  { address, sender }: Content,
  { addressX: x }: Letter,
  fonts: Fonts,
): { marks: Mark[]; bottom: number } {
  const room = WINDOW_BOTTOM - WINDOW_TOP - SENDER_HEIGHT
  const set = (size: number) => {
    const textStyle = style(size, 'regular', INK, 1.25)
    const lines = address.lines.flatMap((line) => wrap(line.text, fonts.regular, size, ADDRESS_WIDTH))
    return { textStyle, lines, height: lines.length * textStyle.leading }
  }
  const { textStyle, lines, height } = ADDRESS_SIZES.map(set).find((tried) => tried.height <= room) ?? set(7)
  const top = Math.max(WINDOW_TOP + SENDER_HEIGHT, Math.min(ADDRESS_TOP, WINDOW_BOTTOM - height))
  return {
    marks: [
      ...senderMarks(sender.text, x, top - 4, fonts),
      ...lines.map((line, i) => textAt(fonts, line, x, top + i * textStyle.leading, textStyle)),
    ],
    bottom: top + height,
  }
}

/** The return address, on one line where it can be, ending above `bottom` with a thin rule. */
function senderMarks(text: string, x: number, bottom: number, fonts: Fonts): Mark[] {
  const sizes = [SENDER.size, 6, 5.4]
  const size = sizes.find((candidate) => fonts.regular.width(text, candidate) <= ADDRESS_WIDTH) ?? 5.4
  const textStyle: TextStyle = { ...SENDER, size, leading: size * 1.25 }
  const lines = wrap(text, fonts.regular, size, ADDRESS_WIDTH)
  const top = bottom - 2 - lines.length * textStyle.leading
  return [
    ...lines.map((part, i) => textAt(fonts, part, x, top + i * textStyle.leading, textStyle)),
    rule(x, x + Math.max(...lines.map((part) => fonts.regular.width(part, size))), bottom, 0.4, HAIRLINE),
  ]
}

/** Labels and values in two columns. The first row (the number) and the last (a date to keep) are bold. */
function metaMarks(
  meta: readonly Pair[],
  { metaX, metaRight }: Letter,
  fonts: Fonts,
): { marks: Mark[]; bottom: number } {
  const labelWidth = Math.max(...meta.map(({ label }) => fonts.regular.width(label.text, META_LABEL.size)))
  const valueX = metaX + labelWidth + 10
  const marks: Mark[] = []
  let y = META_TOP
  for (const [i, { label, value }] of meta.entries()) {
    const isDeadline = value.field === 'dueOn' || value.field === 'validUntil'
    const valueStyle = i === 0 || isDeadline ? META_STRONG : META_VALUE
    marks.push(textAt(fonts, label.text, metaX, y, META_LABEL))
    for (const part of wrap(value.text, fonts[valueStyle.face], valueStyle.size, metaRight - valueX)) {
      marks.push(textAt(fonts, part, valueX, y, valueStyle))
      y += valueStyle.leading
    }
  }
  return { marks, bottom: y }
}

/** `Rechnung 10001-7`, on two lines where it is too long for one, and the delivery address. */
function titleMarks(
  { heading, number, delivery }: Content,
  fonts: Fonts,
  top: number,
): { marks: Mark[]; bottom: number } {
  const headingWidth = fonts.bold.width(heading.text, TITLE.size)
  const numberX = LEFT + headingWidth + 7
  const oneLine = numberX + fonts.regular.width(number.text, TITLE_NUMBER.size) <= RIGHT
  const marks: Mark[] = []
  let y = top
  if (oneLine) {
    marks.push(textAt(fonts, heading.text, LEFT, y, TITLE), textAt(fonts, number.text, numberX, y, TITLE_NUMBER))
    y += TITLE.leading
  } else {
    for (const [text, textStyle] of [
      [heading.text, TITLE],
      [number.text, TITLE_NUMBER],
    ] as const) {
      for (const part of wrap(text, fonts[textStyle.face], textStyle.size, RIGHT - LEFT)) {
        marks.push(textAt(fonts, part, LEFT, y, textStyle))
        y += textStyle.leading
      }
    }
  }
  for (const { label, value } of delivery) {
    const labelText = `${label.text}:`
    const x = LEFT + fonts.regular.width(`${labelText} `, DELIVERY.size)
    y += 4
    marks.push(textAt(fonts, labelText, LEFT, y, { ...DELIVERY, color: MUTED }))
    for (const part of wrap(value.text, fonts.regular, DELIVERY.size, RIGHT - x)) {
      marks.push(textAt(fonts, part, x, y, DELIVERY))
      y += DELIVERY.leading
    }
  }
  return { marks, bottom: y + 10 }
}

/** Says at the upper edge of every page that this is a copy: above everything else, where no window and no fold is. */
export function layOutCopy({ copy }: Content, fonts: Fonts): Mark[] {
  if (!copy) return []
  const lines = wrap(copy.text, fonts.bold, COPY.size, RIGHT - LEFT)
  return lines.map((part, i) => textAt(fonts, part, LEFT, COPY_TOP + i * COPY.leading, COPY))
}

/** The head of every further page. */
export function layOutRunningHead(
  { wordmark: name, heading, number }: Content,
  fonts: Fonts,
): { marks: Mark[]; bottom: number } {
  const left = style(8.2, 'bold', MUTED, 1.3)
  const right = style(8.2, 'regular', MUTED, 1.3)
  const top = 13 * MM
  const text = `${heading.text} ${number.text}`
  const width = (RIGHT - LEFT) / 2 - 8
  const names = wrap(name.text, fonts.bold, left.size, width)
  const texts = wrap(text, fonts.regular, right.size, width)
  const ruleY = top + Math.max(names.length, texts.length) * left.leading + 4
  return {
    marks: [
      ...names.map((part, i) => textAt(fonts, part, LEFT, top + i * left.leading, left)),
      ...texts.map((part, i) => textUpTo(fonts, part, RIGHT, top + i * right.leading, right)),
      rule(LEFT, RIGHT, ruleY, 0.4, HAIRLINE),
    ],
    bottom: ruleY + 5 * MM,
  }
}
