/**
 * Makes `../fonts/`: the two faces that documents are set in, cut down to the scripts we print, and the list of what they cover.
 *
 * Run it with `npm install --no-package-lock && npm run fonts` in this folder; the result is committed.
 *
 * The faces are Source Sans 3 (SIL Open Font License 1.1). That licence reserves the name "Source" for the unmodified font, so a
 * subset has to carry another name: ours is "Kontor Sans". Copyright and licence records stay as they are.
 *
 * GSUB is dropped, so that each code point always maps to one glyph: text copied out of a PDF is then what was put in, and no
 * ligature or alternate form can depend on its neighbours. Kerning and mark positioning (GPOS) stay. The figures of this font are
 * tabular by default.
 */
import { copyFile, readFile, writeFile } from 'node:fs/promises'
import * as fontkit from 'fontkit'
import subsetFont from 'subset-font'

const SOURCE = new URL('node_modules/@expo-google-fonts/source-sans-3/', import.meta.url)
const TARGET = new URL('../fonts/', import.meta.url)
const FACES = [
  { file: '400Regular/SourceSans3_400Regular.ttf', style: 'Regular' },
  { file: '600SemiBold/SourceSans3_600SemiBold.ttf', style: 'SemiBold' },
]
/** First and last code point of what is kept, where the font has it. */
const KEPT: [number, number][] = [
  [0x0020, 0x007e], // Basic Latin
  [0x00a0, 0x00ac], // Latin-1 Supplement, without the soft hyphen, which is never printed
  [0x00ae, 0x024f], // the rest of it, Latin Extended-A and -B
  [0x02b9, 0x02bc], // modifier primes, turned comma and apostrophe
  [0x02c6, 0x02dd], // spacing accents
  [0x0300, 0x0333], // combining marks that no composed letter exists for
  [0x0335, 0x034e],
  [0x0370, 0x03ff], // Greek
  [0x0400, 0x045f], // Cyrillic of the living Slavic languages
  [0x0490, 0x0491],
  [0x1e00, 0x1eff], // Latin Extended Additional
  [0x2010, 0x2027], // General Punctuation, without joiners and direction marks
  [0x2030, 0x205e],
  [0x2070, 0x209f], // superscripts and subscripts
  [0x20a0, 0x20c0], // currency signs
  [0x2100, 0x214f], // letter-like symbols
  [0x2150, 0x218f], // fractions
  [0x2190, 0x2199], // arrows
  [0x2200, 0x22ff], // mathematical operators
  [0x25a0, 0x25ff], // geometric shapes
  [0x2610, 0x2612], // ballot boxes
  [0x2713, 0x2717], // check marks
]

const covered: Set<number>[] = []
for (const face of FACES) {
  const full = await readFile(new URL(face.file, SOURCE))
  const wanted = fontkit
    .create(full)
    .characterSet.filter((c: number) => KEPT.some(([from, to]) => c >= from && c <= to))
  const subset = await subsetFont(full, String.fromCodePoint(...wanted), {
    targetFormat: 'truetype',
    keepFeatures: ['kern', 'mark', 'mkmk'],
    dropTables: ['GSUB', 'BASE', 'STAT', 'gasp', 'prep', 'DSIG'],
    noHinting: true,
    noLayoutClosure: true,
  })
  const renamed = rename(subset, 'Kontor Sans', face.style)
  await writeFile(new URL(`KontorSans-${face.style}.ttf`, TARGET), renamed)
  covered.push(new Set(fontkit.create(renamed).characterSet))
  console.log(`KontorSans-${face.style}.ttf: ${renamed.length} bytes, ${wanted.length} code points`)
}
const common = [...covered[0]].filter((c) => covered.every((set) => set.has(c))).sort((a, b) => a - b)
await writeFile(new URL('coverage.json', TARGET), `${JSON.stringify(ranges(common))}\n`)
await copyFile(new URL('LICENSE_FONT', SOURCE), new URL('OFL.txt', TARGET))

/** @returns [first, last] of every run of consecutive numbers. */
function ranges(sorted: number[]): [number, number][] {
  const runs: [number, number][] = []
  for (const c of sorted) {
    const last = runs.at(-1)
    if (last && c === last[1] + 1) last[1] = c
    else runs.push([c, c])
  }
  return runs
}

/** Rewrites the family, full and PostScript names (OpenType `name` table, ids 1, 2, 3, 4, 6, 16, 17); other records are kept. */
function rename(font: Buffer, family: string, style: string): Buffer {
  const names = readNames(table(font, 'name'))
  const postScript = `${family.replaceAll(' ', '')}-${style}`
  for (const id of [16, 17, 21, 22, 25]) names.delete(id)
  names.set(1, style === 'Regular' ? family : `${family} ${style}`)
  names.set(2, 'Regular')
  names.set(3, postScript)
  names.set(4, `${family} ${style}`)
  names.set(6, postScript)
  names.delete(7) // the trademark notice belongs to the name that we do not use
  return replaceTable(font, 'name', writeNames(names))
}

function table(font: Buffer, tag: string): Buffer {
  for (let i = 0, at = 12; i < font.readUInt16BE(4); i++, at += 16) {
    if (font.toString('latin1', at, at + 4) !== tag) continue
    return font.subarray(font.readUInt32BE(at + 8), font.readUInt32BE(at + 8) + font.readUInt32BE(at + 12))
  }
  throw new Error(`the font has no ${tag} table`)
}

/** @returns The English Windows records (platform 3, encoding 1), by name id. */
function readNames(bytes: Buffer): Map<number, string> {
  const names = new Map<number, string>()
  const strings = bytes.readUInt16BE(4)
  for (let i = 0, at = 6; i < bytes.readUInt16BE(2); i++, at += 12) {
    if (bytes.readUInt16BE(at) !== 3 || bytes.readUInt16BE(at + 4) !== 0x409) continue
    const start = strings + bytes.readUInt16BE(at + 10)
    const utf16 = Buffer.from(bytes.subarray(start, start + bytes.readUInt16BE(at + 8))).swap16()
    names.set(bytes.readUInt16BE(at + 6), utf16.toString('utf16le'))
  }
  return names
}

function writeNames(names: Map<number, string>): Buffer {
  const entries = [...names]
    .sort(([a], [b]) => a - b)
    .map(([id, text]) => ({ id, bytes: Buffer.from(text, 'utf16le').swap16() }))
  const head = Buffer.alloc(6 + 12 * entries.length)
  head.writeUInt16BE(entries.length, 2)
  head.writeUInt16BE(head.length, 4)
  let offset = 0
  for (const [i, { id, bytes }] of entries.entries()) {
    for (const [j, value] of [3, 1, 0x409, id, bytes.length, offset].entries())
      head.writeUInt16BE(value, 6 + 12 * i + 2 * j)
    offset += bytes.length
  }
  return Buffer.concat([head, ...entries.map((entry) => entry.bytes)])
}

/** Rebuilds the font file with one table exchanged, checksums included (OpenType specification, "Organization of an OpenType font"). */
function replaceTable(font: Buffer, tag: string, replacement: Buffer): Buffer {
  const count = font.readUInt16BE(4)
  const directory = Buffer.from(font.subarray(0, 12 + 16 * count))
  const bodies: Buffer[] = []
  let offset = directory.length
  let head = 0
  for (let at = 12; at < directory.length; at += 16) {
    const name = directory.toString('latin1', at, at + 4)
    const body = name === tag ? replacement : Buffer.from(table(font, name))
    if (name === 'head') {
      body.writeUInt32BE(0, 8)
      head = offset
    }
    const padded = Buffer.concat([body, Buffer.alloc((4 - (body.length % 4)) % 4)])
    directory.writeUInt32BE(checksum(padded), at + 4)
    directory.writeUInt32BE(offset, at + 8)
    directory.writeUInt32BE(body.length, at + 12)
    bodies.push(padded)
    offset += padded.length
  }
  const whole = Buffer.concat([directory, ...bodies])
  whole.writeUInt32BE((0xb1b0afba - checksum(whole)) >>> 0, head + 8)
  return whole
}

function checksum(bytes: Buffer): number {
  let sum = 0
  for (let at = 0; at < bytes.length; at += 4) sum = (sum + bytes.readUInt32BE(at)) >>> 0
  return sum
}
