import { createHash } from 'node:crypto'
import { deflateSync } from 'node:zlib'
import { DomainError } from '@kontor/problem'
import type { OpenedImage } from 'pdfkit'
import { readJpegHead } from './logo-jpeg.ts'
import { decodePng } from './logo-png.ts'

/** Bytes of a logo file. */
export const LOGO_BYTES_MAX = 1_000_000
/** Width times height: decoded once, a logo of this size takes 16 MB for a moment. */
export const LOGO_PIXELS_MAX = 4_000_000

/** The file cannot stand on a document. The message says why in words that its owner can act on. */
export class InvalidLogo extends DomainError {
  readonly code = 'invalid_logo'
  readonly status = 422
  readonly title = 'The logo cannot be printed'
}

/** A logo ready to be embedded. */
export interface Logo {
  readonly format: 'png' | 'jpeg'
  readonly width: number
  readonly height: number
  /** @returns A new image for one file. */
  open(): OpenedImage
}

/** An image object as PDF wants it (ISO 32000-1, 8.9.5), with its soft mask where it has transparency. */
interface ImageData {
  readonly dictionary: Readonly<Record<string, unknown>>
  readonly bytes: Uint8Array
  readonly alpha?: Uint8Array
}

/** Decoded logos by the hash of their bytes: an issuer's documents all carry the same one. */
const cache = new Map<string, Logo>()
const CACHED_LOGOS_MAX = 32

/**
 * Reads a logo, so that what passes here can be printed later.
 *
 * @param bytes A PNG, or a JPEG in grey or RGB (PDF/A with an sRGB output intent allows no CMYK).
 * @throws {InvalidLogo} Another format, a damaged file, or one beyond `LOGO_BYTES_MAX` or `LOGO_PIXELS_MAX`.
 */
export function parseLogo(bytes: Uint8Array): Logo {
  if (bytes.length > LOGO_BYTES_MAX) throw new InvalidLogo(`the file is larger than ${LOGO_BYTES_MAX} bytes`)
  const hash = createHash('sha256').update(bytes).digest('base64')
  const known = cache.get(hash)
  if (known) return known
  const logo = read(bytes)
  if (cache.size >= CACHED_LOGOS_MAX) cache.clear()
  cache.set(hash, logo)
  return logo
}

function read(bytes: Uint8Array): Logo {
  if (bytes[0] === 0x89 && bytes[1] === 0x50) return readPng(bytes)
  if (bytes[0] === 0xff && bytes[1] === 0xd8) return readJpeg(bytes)
  throw new InvalidLogo('expected a PNG or a JPEG file')
}

function readPng(bytes: Uint8Array): Logo {
  const { width, height, rgb, alpha } = decodePng(bytes, LOGO_PIXELS_MAX, (why) => new InvalidLogo(why))
  return opener('png', width, height, {
    dictionary: { BitsPerComponent: 8, ColorSpace: 'DeviceRGB', Filter: 'FlateDecode' },
    bytes: deflateSync(rgb),
    ...(alpha ? { alpha: deflateSync(alpha) } : {}),
  })
}

function readJpeg(bytes: Uint8Array): Logo {
  const { width, height, components } = readJpegHead(bytes, (why) => new InvalidLogo(why))
  if (components !== 1 && components !== 3) throw new InvalidLogo('the JPEG is in CMYK: save it in RGB')
  if (width * height > LOGO_PIXELS_MAX) throw new InvalidLogo(`the picture has more than ${LOGO_PIXELS_MAX} pixels`)
  const ColorSpace = components === 1 ? 'DeviceGray' : 'DeviceRGB'
  return opener('jpeg', width, height, {
    dictionary: { BitsPerComponent: 8, ColorSpace, Filter: 'DCTDecode' },
    bytes: Uint8Array.from(bytes),
  })
}

function opener(format: Logo['format'], width: number, height: number, data: ImageData): Logo {
  const common = { Type: 'XObject', Subtype: 'Image', Width: width, Height: height }
  const open = (): OpenedImage => ({
    label: 'Logo',
    width,
    height,
    orientation: 1,
    obj: null,
    embed(file) {
      const dictionary: Record<string, unknown> = { ...common, ...data.dictionary }
      if (data.alpha) {
        const mask = file.ref({ ...common, BitsPerComponent: 8, ColorSpace: 'DeviceGray', Filter: 'FlateDecode' })
        mask.end(data.alpha)
        dictionary.SMask = mask
      }
      this.obj = file.ref(dictionary)
      this.obj.end(data.bytes)
    },
  })
  return { format, width, height, open }
}
