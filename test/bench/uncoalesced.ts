// The invoicing service as it is, but that nothing is drawn or read together: what batching costs a caller who is alone.
import { randomBytes } from 'node:crypto'
import { createLogger } from '@kontor/http-api'
import { idSource } from '@kontor/ids'
import { openFonts } from '@kontor/invoice-pdf'
import { buildInvoicing, scopesOf } from '@kontor/invoicing'
import { connect } from '@kontor/postgres'
import { keyAuthenticator } from '@kontor/tenancy'

const { INVOICING_DATABASE_URL: url = '', INVOICING_SECRET: secret = '' } = process.env
const database = connect({ url, max: 10, applicationName: 'kontor-invoicing' })
const app = await buildInvoicing(
  {
    database,
    idempotencySecret: Buffer.from(secret, 'hex'),
    newId: idSource(Date.now, randomBytes),
    random: randomBytes,
    now: () => new Date(),
    findInstrument: async () => undefined,
    processorOf: () => Promise.reject(new Error('nothing is charged here')),
    registrationOf: () => Promise.reject(new Error('nothing is charged here')),
    readVaultFeed: async () => undefined,
    webhooks: {
      secret: Buffer.from(secret, 'hex'),
      loopback: false,
      send: async () => ({ kind: 'answered', status: 200 }),
    },
    fonts: await openFonts(),
    coalesce: false,
  },
  {
    logger: createLogger('invoicing', 'info'),
    authenticate: keyAuthenticator({ database, service: 'invoicing', scopesOf, nowMs: Date.now }),
    monotonicMs: () => performance.now(),
  },
)
const end = async () => {
  await app.close()
  await database.close()
  process.exit(0)
}
process.on('SIGTERM', end)
process.on('disconnect', end)
process.send?.({ listening: await app.listen({ host: '127.0.0.1', port: 0 }) })
