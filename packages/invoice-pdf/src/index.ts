export { cleanText } from './clean-text.ts'
export { printedTexts } from './content.ts'
export type {
  AllowanceCharge,
  Buyer,
  DeliveryAddress,
  DocumentKind,
  DocumentLine,
  ExchangeRate,
  Issuer,
  Language,
  PayeeAccount,
  PdfDocument,
  PdfTotals,
  Period,
  PostalAddress,
  TaxVat,
  VatCategory,
  VatGroup,
} from './document.ts'
export { type Fonts, openFonts } from './fonts.ts'
export { findMissingGlyph, GlyphMissing, type MissingGlyph } from './glyphs.ts'
export { InvalidLogo, LOGO_BYTES_MAX, LOGO_PIXELS_MAX, type Logo, parseLogo } from './logo.ts'
export { formatAmount, formatDecimal, type NumberStyle, numberStyle } from './number-format.ts'
export type { Printed } from './printed.ts'
export { type RenderOptions, renderPdf, TEMPLATE_VERSION } from './render-pdf.ts'
export {
  type ReportAmount,
  type ReportEntry,
  type ReportTotal,
  renderSeriesReport,
  type SeriesReport,
} from './series-report.ts'
export type { ReportLanguage } from './series-report-words.ts'
