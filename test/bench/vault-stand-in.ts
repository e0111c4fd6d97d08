// Answers what invoicing asks the vault for a charge. A token is its account's own id under another prefix, so that nothing has to be stored.
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'

const { WEBHOOK_SECRET = '' } = process.env

function answerTo(path: string): object {
  const [, , what, id = '', part] = path.split('/')
  const stripe = { secret_key: 'sk_test_bench00000000000000', webhook_secrets: [WEBHOOK_SECRET] }
  if (what === 'processors') return { processor: id, mode: 'test', version: 1, stripe }
  const token = { type: 'card', display: 'Visa •••• 4242', account_id: id.replace('tok_', 'acc_') }
  if (part === undefined) return token
  const reference = { type: 'card', instrument: `test_instrument_${id}` }
  return { token, data: [{ processor: 'test', state: 'registered', reference }] }
}

const server = createServer((request, response) => {
  response
    .writeHead(200, { 'content-type': 'application/json' })
    .end(JSON.stringify(answerTo((request.url ?? '').split('?')[0] ?? '')))
})
const end = () => process.exit(0)
process.on('SIGTERM', end)
process.on('disconnect', end)
server.listen(0, '127.0.0.1', () => {
  process.send?.({ listening: `http://127.0.0.1:${(server.address() as AddressInfo).port}` })
})
