import { inflateSync } from 'node:zlib'

/** A decoded picture, eight bits a channel. */
export interface Pixels {
  readonly width: number
  readonly height: number
  readonly rgb: Uint8Array
  /** Opacity of each pixel; absent when all are opaque. */
  readonly alpha?: Uint8Array
}

interface Head {
  readonly width: number
  readonly height: number
  readonly bits: number
  readonly colorType: number
  readonly interlaced: boolean
}

interface Chunks {
  readonly head: Head
  readonly palette: Uint8Array
  readonly transparency: Uint8Array
  readonly data: Uint8Array
}

/** Samples a pixel by colour type (PNG, table 11.1): grey, RGB, palette index, grey with alpha, RGB with alpha. */
const SAMPLES: Readonly<Record<number, number>> = { 0: 1, 2: 3, 3: 1, 4: 2, 6: 4 }
/** Adam7 (PNG, 8.2): first column, first row, column step, row step of each pass. */
const ADAM7 = [
  [0, 0, 8, 8],
  [4, 0, 8, 8],
  [0, 4, 4, 8],
  [2, 0, 4, 4],
  [0, 2, 2, 4],
  [1, 0, 2, 2],
  [0, 1, 1, 2],
] as const
const ONE_PASS = [[0, 0, 1, 1]] as const

/**
 * Decodes a PNG of any colour type, depth and interlacing (ISO/IEC 15948), because PDF takes over only some of them as they are.
 *
 * @throws What `refuse` makes, when the file is damaged or has more than `pixelsMax` pixels.
 */
export function decodePng(bytes: Uint8Array, pixelsMax: number, refuse: (why: string) => Error): Pixels {
  const { head, palette, transparency, data } = readChunks(bytes, refuse)
  const { width, height, bits, colorType } = head
  const samples = SAMPLES[colorType]
  if (samples === undefined || ![1, 2, 4, 8, 16].includes(bits)) throw refuse('the PNG file is damaged')
  if (width === 0 || height === 0) throw refuse('the picture is empty')
  if (width * height > pixelsMax) throw refuse(`the picture has more than ${pixelsMax} pixels`)

  const passes = head.interlaced ? ADAM7 : ONE_PASS
  const bitsPerPixel = bits * samples
  const passSizes = passes.map(([x, y, dx, dy]) => ({
    columns: Math.max(0, Math.ceil((width - x) / dx)),
    rows: Math.max(0, Math.ceil((height - y) / dy)),
  }))
  const rowBytes = (columns: number) => Math.ceil((columns * bitsPerPixel) / 8)
  const expected = passSizes.reduce(
    (sum, { columns, rows }) => sum + (columns > 0 ? rows * (1 + rowBytes(columns)) : 0),
    0,
  )
  const raw = inflate(data, expected, refuse)

  const rgb = new Uint8Array(width * height * 3)
  const alpha = new Uint8Array(width * height)
  const write = pixelWriter(head, palette, transparency, rgb, alpha)
  let at = 0
  for (const [p, [x0, y0, dx, dy]] of passes.entries()) {
    const { columns = 0, rows = 0 } = passSizes[p] ?? {}
    if (columns === 0) continue
    const length = rowBytes(columns)
    let above: Uint8Array = new Uint8Array(length)
    for (let row = 0; row < rows; row++) {
      const filter = raw[at] ?? 0
      if (filter > 4) throw refuse('the PNG file is damaged')
      const current = raw.subarray(at + 1, at + 1 + length)
      unfilter(filter, current, above, Math.max(1, bitsPerPixel >> 3))
      const target = (y0 + row * dy) * width + x0
      for (let column = 0; column < columns; column++) write(current, column, target + column * dx)
      above = current
      at += 1 + length
    }
  }
  return alpha.every((opacity) => opacity === 255) ? { width, height, rgb } : { width, height, rgb, alpha }
}

function readChunks(bytes: Uint8Array, refuse: (why: string) => Error): Chunks {
  const file = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  let head: Head | undefined
  let palette: Uint8Array = new Uint8Array()
  let transparency: Uint8Array = new Uint8Array()
  const data: Uint8Array[] = []
  for (let at = 8; at + 12 <= file.length; ) {
    const length = file.readUInt32BE(at)
    const type = file.toString('latin1', at + 4, at + 8)
    const body = file.subarray(at + 8, at + 8 + length)
    if (body.length < length) break
    if (type === 'IHDR' && length === 13) {
      head = {
        width: body.readUInt32BE(0),
        height: body.readUInt32BE(4),
        bits: body.readUInt8(8),
        colorType: body.readUInt8(9),
        interlaced: body.readUInt8(12) === 1,
      }
    }
    if (type === 'PLTE') palette = body
    if (type === 'tRNS') transparency = body
    if (type === 'IDAT') data.push(body)
    if (type === 'IEND') break
    at += 12 + length
  }
  if (!head || data.length === 0) throw refuse('the PNG file is damaged')
  return { head, palette, transparency, data: Buffer.concat(data) }
}

/** The limit stops a small file from growing into gigabytes. */
function inflate(data: Uint8Array, expected: number, refuse: (why: string) => Error): Uint8Array {
  let raw: Uint8Array
  try {
    raw = inflateSync(data, { maxOutputLength: expected + 1024 })
  } catch {
    throw refuse('the PNG file is damaged')
  }
  if (raw.length < expected) throw refuse('the PNG file is damaged')
  return raw
}

/** Undoes the filter of one row in place (PNG, 9.2). `step` is the distance to the same sample of the pixel to the left. */
function unfilter(filter: number, current: Uint8Array, above: Uint8Array, step: number): void {
  for (let i = 0; i < current.length; i++) {
    const left = i < step ? 0 : (current[i - step] ?? 0)
    const up = above[i] ?? 0
    const predicted =
      filter === 0
        ? 0
        : filter === 1
          ? left
          : filter === 2
            ? up
            : filter === 3
              ? (left + up) >> 1
              : paeth(left, up, i < step ? 0 : (above[i - step] ?? 0))
    current[i] = ((current[i] ?? 0) + predicted) & 0xff
  }
}

function paeth(left: number, up: number, upLeft: number): number {
  const estimate = left + up - upLeft
  const [toLeft, toUp, toUpLeft] = [Math.abs(estimate - left), Math.abs(estimate - up), Math.abs(estimate - upLeft)]
  return toLeft <= toUp && toLeft <= toUpLeft ? left : toUp <= toUpLeft ? up : upLeft
}

/** @returns A function that writes the pixel at `column` of a row to `target`, counted in pixels of the whole picture. */
function pixelWriter(
  { bits, colorType }: Head,
  palette: Uint8Array,
  transparency: Uint8Array,
  rgb: Uint8Array,
  alpha: Uint8Array,
): (row: Uint8Array, column: number, target: number) => void {
  const samples = SAMPLES[colorType] ?? 1
  const max = 2 ** bits - 1
  const sampleAt = (row: Uint8Array, index: number): number => {
    if (bits === 8) return row[index] ?? 0
    if (bits === 16) return ((row[2 * index] ?? 0) << 8) | (row[2 * index + 1] ?? 0)
    const bit = index * bits
    return ((row[bit >> 3] ?? 0) >> (8 - bits - (bit & 7))) & max
  }
  const toByte = (sample: number) => Math.round((sample * 255) / max)
  const key = Array.from(
    { length: transparency.length >> 1 },
    (_, i) => ((transparency[2 * i] ?? 0) << 8) | (transparency[2 * i + 1] ?? 0),
  )
  const put = (target: number, red: number, green: number, blue: number, opacity: number) => {
    rgb[3 * target] = red
    rgb[3 * target + 1] = green
    rgb[3 * target + 2] = blue
    alpha[target] = opacity
  }
  return (row, column, target) => {
    const first = sampleAt(row, column * samples)
    if (colorType === 3) {
      put(
        target,
        palette[3 * first] ?? 0,
        palette[3 * first + 1] ?? 0,
        palette[3 * first + 2] ?? 0,
        transparency[first] ?? 255,
      )
      return
    }
    const isColor = colorType === 2 || colorType === 6
    const second = isColor ? sampleAt(row, column * samples + 1) : first
    const third = isColor ? sampleAt(row, column * samples + 2) : first
    const hasAlpha = colorType === 4 || colorType === 6
    const isKeyed = key.length > 0 && first === key[0] && (!isColor || (second === key[1] && third === key[2]))
    const opacity = hasAlpha ? toByte(sampleAt(row, column * samples + samples - 1)) : isKeyed ? 0 : 255
    put(target, toByte(first), toByte(second), toByte(third), opacity)
  }
}
