import type { PatientClient } from '../support/patient-client.ts'

const ISSUER = {
  name: 'Muster AG',
  vat_id: 'CHE-123.456.788 MWST',
  address: { street: 'Bahnhofstrasse 1', postal_code: '8001', city: 'Zürich', country: 'CH' },
}

/** Where the series of a whole year goes on from another system. */
const GOES_ON_AT = 4_711

/** Every way to count: by account and by issuer, for ever, by the year and by the month. */
const NUMBERINGS = [
  undefined,
  { scope: 'issuer', period: 'month', format: '{year}{month}-{seq:4}' },
  { scope: 'issuer', period: 'year', format: 'R{year}/{seq}' },
  { scope: 'account', period: 'year', format: '{customer}.{year}.{seq:3}' },
]

/** @returns The ids of issuers that each number their invoices in a way of their own. */
export async function makeIssuers(client: PatientClient): Promise<string[]> {
  const ids: string[] = []
  for (const [index, invoice] of NUMBERINGS.entries()) {
    const key = { 'idempotency-key': `numbers-issuer-${index}` }
    const { body: issuer } = await client.send(0, 'POST', '/v1/issuers', ISSUER, key)
    ids.push(issuer.id)
    if (!invoice) continue
    const path = `/v1/issuers/${issuer.id}/numbering`
    const chosen = await client.send(0, 'PUT', path, { invoice }, { 'if-match': '"1"' })
    if (chosen.status !== 200) throw new Error(`the numbering was answered with ${chosen.status}`)
    if (invoice.scope === 'issuer' && invoice.period === 'year') {
      const start = { period: String(new Date().getFullYear()), next_seq: GOES_ON_AT }
      await client.send(0, 'PUT', `${path}/invoice/start`, start)
    }
  }
  return ids
}
