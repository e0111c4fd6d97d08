import { connect, createServer, type Socket } from 'node:net'

/** What to do with bytes that a client has sent: `now` strikes before they are passed on, `then` when they were answered. */
export type Verdict = 'pass' | 'now' | 'then'

/** Looks at a conversation, one for each connection. */
export interface Tap {
  sent(bytes: Buffer): Verdict
  /** Whether what struck `then` is answered with these bytes, which are not passed on. */
  isAnswer(bytes: Buffer): boolean
}

/** A way to a server of which every byte is looked at, and that can end in the middle of a conversation. */
export interface TappedWay {
  readonly host: string
  readonly port: number
  close(): Promise<void>
}

/**
 * Lays a way to `target` over a port of its own.
 *
 * @param tap Made for each connection.
 * @param strike Ends whoever is on the near side. What was held back is never passed on.
 */
export async function tappedWay(
  target: { readonly host: string; readonly port: number },
  tap: () => Tap,
  strike: () => void,
): Promise<TappedWay> {
  const open = new Set<Socket>()
  const server = createServer((near) => {
    const far = connect(target.port, target.host)
    const looking = tap()
    let state: 'passing' | 'waiting' | 'struck' = 'passing'
    for (const [socket, other] of [
      [near, far],
      [far, near],
    ] as const) {
      open.add(socket)
      socket.on('error', () => {})
      socket.on('close', () => {
        open.delete(socket)
        other.destroy()
        // No answer comes any more: what waited for it strikes now, or it would be waited for in vain.
        if (state !== 'waiting') return
        state = 'struck'
        strike()
      })
    }
    near.on('data', (bytes: Buffer) => {
      if (state === 'struck') return
      const verdict = looking.sent(bytes)
      if (verdict === 'now') {
        state = 'struck'
        return strike()
      }
      if (verdict === 'then') state = 'waiting'
      far.write(bytes)
    })
    far.on('data', (bytes: Buffer) => {
      if (state === 'passing') near.write(bytes)
      else if (state === 'waiting' && looking.isAnswer(bytes)) {
        state = 'struck'
        strike()
      }
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as { port: number }
  return {
    host: '127.0.0.1',
    port,
    close: () =>
      new Promise<void>((resolve) => {
        server.close(() => resolve())
        for (const socket of open) socket.destroy()
      }),
  }
}
