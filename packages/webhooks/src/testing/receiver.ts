import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import { createServer as createTlsServer } from 'node:https'
import type { AddressInfo, Socket } from 'node:net'

export interface Received {
  readonly method: string
  readonly path: string
  readonly headers: IncomingMessage['headers']
  readonly body: string
}

export type Answer = (request: Received, response: ServerResponse, socket: Socket) => void

export interface Receiver {
  readonly url: string
  readonly port: number
  readonly received: Received[]
  close(): Promise<void>
}

/** Listens on this machine, keeps what it receives, and answers as it is told. */
export async function receiver(
  answer: Answer,
  tls?: { readonly key: string; readonly cert: string },
): Promise<Receiver> {
  const received: Received[] = []
  const serve = async (incoming: IncomingMessage, response: ServerResponse) => {
    const chunks: Buffer[] = []
    for await (const chunk of incoming) chunks.push(chunk as Buffer)
    const { method = '', url: path = '', headers, socket } = incoming
    const request = { method, path, headers, body: Buffer.concat(chunks).toString('utf8') }
    received.push(request)
    answer(request, response, socket)
  }
  const listen = (...args: Parameters<typeof serve>) => void serve(...args).catch(() => undefined)
  const server: Server = tls ? createTlsServer(tls, listen) : createServer(listen)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  return {
    url: `http${tls ? 's' : ''}://127.0.0.1:${port}`,
    port,
    received,
    async close() {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}
