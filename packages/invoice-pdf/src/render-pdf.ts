import { contentOf } from './content.ts'
import type { PdfDocument } from './document.ts'
import { type Fonts, openFonts } from './fonts.ts'
import { findMissingGlyph, GlyphMissing } from './glyphs.ts'
import { layOut } from './layout.ts'
import { parseLogo } from './logo.ts'
import { dateParts } from './number-format.ts'
import { paint } from './paint.ts'
import { printedIn } from './printed.ts'

/**
 * Names the look of the documents. Raise it whenever the same document gives other bytes than before: it is stored with the first
 * derivation, so that a later one can tell a changed template from a damaged document.
 */
export const TEMPLATE_VERSION = '1'

export interface RenderOptions {
  /** false leaves the streams readable, for tests. */
  readonly compress?: boolean
}

/**
 * Prints a document.
 *
 * @param fonts From `openFonts`; without them the fonts of the process are used.
 * @returns A PDF/A-3b file. The same document gives the same bytes in every process of a build.
 * @throws {GlyphMissing} A text holds a character that cannot be printed. `findMissingGlyph` tells beforehand.
 * @throws {InvalidLogo} The issuer's logo is not one that `parseLogo` accepts.
 * @throws {RangeError} A date or a decimal number is not of the form that `PdfDocument` asks for.
 */
export async function renderPdf(
  document: PdfDocument,
  fonts?: Fonts,
  { compress = true }: RenderOptions = {},
): Promise<Buffer> {
  const faces = fonts ?? (await openFonts())
  const content = contentOf(document)
  const missing = findMissingGlyph(printedIn(content))
  if (missing) throw new GlyphMissing(missing)
  const { logo: logoBytes, country } = document.issuer
  const logo = logoBytes && parseLogo(logoBytes)
  const pages = layOut(content, faces, { country, hasLogo: logo !== undefined })
  const { year, month, day } = dateParts(document.issuedOn)
  return paint(pages, faces, logo, {
    title: content.name,
    author: content.issuerName,
    locale: content.locale,
    createdAt: new Date(Date.UTC(Number(year), Number(month) - 1, Number(day))),
    compress,
  })
}
