// The parts of fontkit and pdfkit that this package calls. Neither ships types, and the published ones are behind.

declare module 'fontkit' {
  export interface GlyphPosition {
    xAdvance: number
    yAdvance: number
    xOffset: number
    yOffset: number
  }
  export interface GlyphRun {
    readonly glyphs: readonly unknown[]
    readonly positions: GlyphPosition[]
    readonly advanceWidth: number
  }
  export interface Font {
    readonly postscriptName: string
    readonly unitsPerEm: number
    /** Every code point that the font has a glyph for. */
    readonly characterSet: number[]
    glyphForCodePoint(codePoint: number): { readonly advanceWidth: number; readonly codePoints: number[] }
    layout(text: string): GlyphRun
  }
  export function create(bytes: Uint8Array): Font
}

declare module 'pdfkit' {
  import type { Readable } from 'node:stream'
  import type { Font } from 'fontkit'

  export interface Info {
    Title: string
    Author: string
    Creator: string
    Producer: string
    CreationDate: Date
  }
  export interface Options {
    readonly size: 'A4'
    readonly margin: number
    readonly font: null
    readonly compress: boolean
    readonly pdfVersion: '1.7'
    readonly subset: 'PDF/A-3b'
    readonly lang: string
    readonly displayTitle: true
    readonly autoFirstPage: false
    readonly info: Info
  }
  export interface TextOptions {
    readonly lineBreak: false
    readonly baseline: 'alphabetic'
    readonly textWidth: number
    readonly wordCount: number
  }
  export interface ImageOptions {
    readonly fit: readonly [width: number, height: number]
    readonly align: 'left' | 'right'
    readonly valign: 'center'
  }
  /** An indirect object of the file being written. */
  export interface Reference {
    readonly data: Record<string, unknown>
    end(bytes?: Uint8Array): void
  }
  /** What pdfkit asks of an image that was opened beforehand. */
  export interface OpenedImage {
    readonly label: string
    readonly width: number
    readonly height: number
    readonly orientation: number
    obj: Reference | null
    embed(document: PDFDocument): void
  }
  export default class PDFDocument extends Readable {
    constructor(options: Options)
    info: Info
    registerFont(name: string, font: Font): this
    font(name: string): this
    fontSize(size: number): this
    fillColor(color: string): this
    strokeColor(color: string): this
    lineWidth(width: number): this
    moveTo(x: number, y: number): this
    lineTo(x: number, y: number): this
    rect(x: number, y: number, width: number, height: number): this
    stroke(): this
    fill(): this
    text(text: string, x: number, y: number, options: TextOptions): this
    image(image: OpenedImage | Uint8Array, x: number, y: number, options: ImageOptions): this
    addPage(): this
    ref(data: Record<string, unknown>): Reference
    end(): void
    /** Writes the document information into the XMP metadata. */
    _addInfo(): void
  }
}
