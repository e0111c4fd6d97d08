import { deflateSync } from 'node:zlib'
import test from 'ava'
import fc from 'fast-check'
import { InvalidLogo, LOGO_BYTES_MAX, parseLogo } from './logo.ts'
import { decodePng } from './logo-png.ts'

const SIGNATURE = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a])

/** A PNG chunk. Readers of logos do not need its CRC, so it is left zero. */
function chunk(type: string, body: Uint8Array): Buffer {
  const length = Buffer.alloc(4)
  length.writeUInt32BE(body.length)
  return Buffer.concat([length, Buffer.from(type, 'latin1'), body, Buffer.alloc(4)])
}

interface PngInput {
  readonly width: number
  readonly height: number
  readonly bits: number
  readonly colorType: number
  readonly interlaced?: boolean
  readonly rows: readonly (readonly number[])[]
  readonly extra?: readonly Buffer[]
}

/** @param rows Each a filter type and the bytes of a row. */
function png({ width, height, bits, colorType, interlaced = false, rows, extra = [] }: PngInput): Buffer {
  const head = Buffer.alloc(13)
  head.writeUInt32BE(width, 0)
  head.writeUInt32BE(height, 4)
  head.set([bits, colorType, 0, 0, interlaced ? 1 : 0], 8)
  const data = deflateSync(Buffer.from(rows.flat()))
  return Buffer.concat([SIGNATURE, chunk('IHDR', head), ...extra, chunk('IDAT', data), chunk('IEND', Buffer.alloc(0))])
}

const decode = (bytes: Buffer) => {
  const { rgb, alpha } = decodePng(bytes, 10_000, (why) => new InvalidLogo(why))
  return { rgb: [...rgb], ...(alpha ? { alpha: [...alpha] } : {}) }
}

test('RGB comes out as it is', (t) => {
  const bytes = png({ width: 2, height: 1, bits: 8, colorType: 2, rows: [[0, 1, 2, 3, 4, 5, 6]] })
  t.deepEqual(decode(bytes), { rgb: [1, 2, 3, 4, 5, 6] })
})

test('each filter of PNG is undone', (t) => {
  const rows = [
    [1, 10, 5, 5], // sub: 10 15 20
    [2, 1, 1, 1], // up: 11 16 21
    [3, 5, 5, 5], // average: 10 18 24
    [4, 1, 1, 1], // Paeth: 11 19 25
  ]
  const bytes = png({ width: 3, height: 4, bits: 8, colorType: 0, rows })
  const grey = [10, 15, 20, 11, 16, 21, 10, 18, 24, 11, 19, 25]
  t.deepEqual(decode(bytes), { rgb: grey.flatMap((value) => [value, value, value]) })
})

test('transparency becomes a mask: an alpha channel, a palette, a colour key', (t) => {
  const rgba = png({ width: 2, height: 1, bits: 8, colorType: 6, rows: [[0, 1, 2, 3, 255, 4, 5, 6, 128]] })
  t.deepEqual(decode(rgba), { rgb: [1, 2, 3, 4, 5, 6], alpha: [255, 128] })

  const palette = [chunk('PLTE', Buffer.from([9, 8, 7, 6, 5, 4])), chunk('tRNS', Buffer.from([0]))]
  const indexed = png({ width: 3, height: 1, bits: 1, colorType: 3, rows: [[0, 0b0100_0000]], extra: palette })
  t.deepEqual(decode(indexed), { rgb: [9, 8, 7, 6, 5, 4, 9, 8, 7], alpha: [0, 255, 0] })

  const keyed = png({
    width: 2,
    height: 1,
    bits: 8,
    colorType: 0,
    rows: [[0, 7, 8]],
    extra: [chunk('tRNS', Buffer.from([0, 7]))],
  })
  t.deepEqual(decode(keyed).alpha, [0, 255])
})

test('sixteen bits and four bits a sample become eight', (t) => {
  t.deepEqual(
    decode(png({ width: 1, height: 1, bits: 16, colorType: 0, rows: [[0, 0xff, 0xff]] })).rgb,
    [255, 255, 255],
  )
  t.deepEqual(
    decode(png({ width: 2, height: 1, bits: 4, colorType: 0, rows: [[0, 0xf3]] })).rgb,
    [255, 255, 255, 51, 51, 51],
  )
})

test('an interlaced picture is put together again', (t) => {
  // Three by three pixels take part in passes 1, 5, 6 and 7; the samples say where they belong.
  const rows = [
    [0, 0],
    [0, 2],
    [0, 6, 8],
    [0, 1],
    [0, 7],
    [0, 3, 4, 5],
  ]
  const bytes = png({ width: 3, height: 3, bits: 8, colorType: 0, interlaced: true, rows })
  t.deepEqual(decode(bytes).rgb, Array.from({ length: 9 }, (_, i) => [i, i, i]).flat())
})

test('a logo is decoded once', (t) => {
  const bytes = png({ width: 1, height: 1, bits: 8, colorType: 0, rows: [[0, 0]] })
  t.is(parseLogo(bytes), parseLogo(Buffer.from(bytes)))
})

const JPEG = Buffer.from('ffd8ffe000104a46494600010100000100010000ffc0001108001000200301220002110103110100ffd9', 'hex')

test('a JPEG is embedded as it is', (t) => {
  const { format, width, height } = parseLogo(JPEG)
  t.deepEqual({ format, width, height }, { format: 'jpeg', width: 32, height: 16 })
})

const refuses = test.macro<[bytes: Uint8Array, because: RegExp]>({
  exec: (t, bytes, because) => void t.throws(() => parseLogo(bytes), { instanceOf: InvalidLogo, message: because }),
  title: (because) => `refused as a logo: ${because}`,
})
const cmyk = Buffer.from(JPEG)
cmyk[cmyk.indexOf(Buffer.from([0xff, 0xc0])) + 9] = 4
test('a JPEG in CMYK, which PDF/A does not allow', refuses, cmyk, /CMYK/)
test('an SVG', refuses, Buffer.from('<svg xmlns="http://www.w3.org/2000/svg"/>'), /PNG or a JPEG/)
test('an empty file', refuses, Buffer.alloc(0), /PNG or a JPEG/)
test('a JPEG that ends early', refuses, JPEG.subarray(0, 20), /damaged/)
test('a file that is too large', refuses, Buffer.alloc(LOGO_BYTES_MAX + 1), /larger than/)
test(
  'a PNG with pixels missing',
  refuses,
  png({ width: 9, height: 9, bits: 8, colorType: 0, rows: [[0, 1]] }),
  /damaged/,
)
test(
  'a PNG that grows beyond its size when inflated',
  refuses,
  png({ width: 1, height: 1, bits: 8, colorType: 0, rows: [Array(100_000).fill(0)] }),
  /damaged/,
)
test(
  'a PNG of too many pixels',
  refuses,
  png({ width: 60_000, height: 60_000, bits: 1, colorType: 0, rows: [[0]] }),
  /pixels/,
)

test('a damaged logo is refused with one error, never with another', (t) => {
  const whole = png({
    width: 2,
    height: 2,
    bits: 8,
    colorType: 6,
    rows: [
      [0, ...Array(8).fill(1)],
      [4, ...Array(8).fill(9)],
    ],
  })
  const damage = fc.tuple(fc.constantFrom(whole, JPEG), fc.nat(), fc.nat(255), fc.nat())
  fc.assert(
    fc.property(damage, ([bytes, at, value, end]) => {
      const damaged = Buffer.from(bytes.subarray(0, bytes.length - (end % 30)))
      damaged[at % damaged.length] = value
      try {
        parseLogo(damaged)
      } catch (error) {
        t.true(error instanceof InvalidLogo, String(error))
      }
    }),
  )
  t.pass()
})
