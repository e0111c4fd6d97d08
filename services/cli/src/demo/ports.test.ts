import type { AddressInfo } from 'node:net'
import { createServer } from 'node:net'
import test, { type ExecutionContext } from 'ava'
import { Sentence } from '../sentence.ts'
import { choosePorts } from './ports.ts'

async function takenPort(t: ExecutionContext): Promise<number> {
  const server = createServer()
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  t.teardown(() => server.close())
  return (server.address() as AddressInfo).port
}

test('a port that somebody asked for is taken as it is, or refused by its number', async (t) => {
  const taken = await takenPort(t)
  const error = await t.throwsAsync(choosePorts({ vault: taken, invoicing: undefined }), { instanceOf: Sentence })
  t.is(error?.message, `Port ${taken} is taken: stop what listens there, or set VAULT_PORT to another.`)
})

test('the services never get one port between them', async (t) => {
  const { vault, invoicing } = await choosePorts({ vault: undefined, invoicing: undefined })
  t.not(vault, invoicing)
  const swapped = await choosePorts({ vault: undefined, invoicing: 7701 }).catch(() => undefined)
  if (swapped) t.not(swapped.vault, 7701)
  await t.throwsAsync(choosePorts({ vault: 7001, invoicing: 7001 }), { instanceOf: Sentence })
})
