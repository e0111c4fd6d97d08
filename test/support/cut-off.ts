import { connect, createServer, type Socket } from 'node:net'

/** A way to a database that can be broken: what a network, a fail-over or a restart does. */
export interface WayToDatabase {
  /** The URL of the database by this way. */
  readonly url: string
  /** Breaks every connection and lets no new one through. */
  breakDown(): Promise<void>
  /** Lets connections through again. */
  repair(): Promise<void>
  /** Passes on the next message that holds `text`, and breaks its connection when the server has answered it. */
  loseAnswerTo(text: string): void
  close(): Promise<void>
}

/** A message of the server that ends with this is its last word: it waits for the next query (`Z`, five bytes, idle). */
const READY = Buffer.from([0x5a, 0, 0, 0, 5, 0x49])

/** Lays a way to the database of `url` over a port of its own. */
export async function wayTo(url: string): Promise<WayToDatabase> {
  const target = new URL(url)
  const open = new Set<Socket>()
  let lost: string | undefined
  const server = createServer((client) => {
    const upstream = connect(Number(target.port), target.hostname)
    let losing = false
    for (const [socket, other] of [
      [client, upstream],
      [upstream, client],
    ] as const) {
      open.add(socket)
      socket.on('error', () => {})
      socket.on('close', () => {
        open.delete(socket)
        other.destroy()
      })
    }
    client.on('data', (bytes: Buffer) => {
      if (lost !== undefined && bytes.includes(lost)) {
        losing = true
        lost = undefined
      }
      upstream.write(bytes)
    })
    upstream.on('data', (bytes: Buffer) => {
      if (!losing) client.write(bytes)
      else if (bytes.subarray(-READY.length).equals(READY)) client.destroy()
    })
  })
  const listen = (port: number) => new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve))
  await listen(0)
  const { port } = server.address() as { port: number }
  const way = new URL(url)
  way.hostname = '127.0.0.1'
  way.port = String(port)
  const breakDown = () =>
    new Promise<void>((resolve) => {
      server.close(() => resolve())
      for (const socket of open) socket.destroy()
    })
  return {
    url: way.href,
    breakDown,
    repair: () => listen(port),
    loseAnswerTo(text) {
      lost = text
    },
    close: () => (server.listening ? breakDown() : Promise.resolve()),
  }
}
