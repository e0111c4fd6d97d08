/** Start-of-frame markers (ITU-T T.81, table B.1): all of C0 to CF but DHT, JPG and DAC. */
const isStartOfFrame = (marker: number) => marker >= 0xc0 && marker <= 0xcf && ![0xc4, 0xc8, 0xcc].includes(marker)
/** SOF0 to SOF2: what a DCTDecode filter reads (ISO 32000-1, 7.4.8). */
const READABLE_FRAME_MAX = 0xc2

export interface JpegHead {
  readonly width: number
  readonly height: number
  readonly components: number
}

/** @throws What `refuse` makes, when the bytes are no JPEG that a PDF can hold. */
export function readJpegHead(bytes: Uint8Array, refuse: (why: string) => Error): JpegHead {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  let at = 2
  while (at + 9 < bytes.length) {
    if (bytes[at] !== 0xff) throw refuse('the JPEG file is damaged')
    const marker = view.getUint8(at + 1)
    if (isStartOfFrame(marker)) {
      if (marker > READABLE_FRAME_MAX || view.getUint8(at + 4) !== 8) {
        throw refuse('the JPEG is of a rare kind: save it as a baseline or progressive JPEG')
      }
      const head = { height: view.getUint16(at + 5), width: view.getUint16(at + 7), components: view.getUint8(at + 9) }
      if (head.width === 0 || head.height === 0) throw refuse('the picture is empty')
      return head
    }
    // A marker may be preceded by fill bytes; every other segment says its own length.
    at += marker === 0xff ? 1 : 2 + view.getUint16(at + 2)
  }
  throw refuse('the JPEG file is damaged')
}
