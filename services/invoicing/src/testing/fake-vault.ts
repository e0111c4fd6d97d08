import { createServer, type RequestListener } from 'node:http'
import type { ExecutionContext } from 'ava'
import type { VaultAccess } from '../vault/ask.ts'

/** A vault that answers as it is told, on a port of its own. */
export async function fakeVault(t: ExecutionContext, answer: RequestListener): Promise<VaultAccess> {
  const server = createServer(answer)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  t.teardown(() => server.close())
  const { port } = server.address() as { port: number }
  return { url: `http://127.0.0.1:${port}`, keys: { test: 'kv_test_key' } }
}

export const json =
  (status: number, body: unknown): RequestListener =>
  (_request, response) => {
    response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body))
  }
