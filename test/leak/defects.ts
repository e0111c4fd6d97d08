import { parseId } from '@kontor/ids'
import { type Client, quoteName, urlFor, withClient } from '@kontor/postgres'
import { caller, type Record } from './caller.ts'
import type { RunningDemo } from './demo.ts'
import { readSummary } from './good-requests.ts'
import type { MarkMakers } from './marks.ts'

/** What was done, and what the service answered. */
export type DefectAnswers = Readonly<{ [what: string]: number | undefined }>

/**
 * Makes the services fail in the middle of their work, when what they log is written by the code for everything that nobody
 * thought of: a record that stands in the row of another, and rows that the database refuses with an error that quotes them.
 */
export async function meetDefects(demo: RunningDemo, { dropped }: MarkMakers, record: Record): Promise<DefectAnswers> {
  const { adminUrl, vaultUrl, invoicingUrl, keys } = demo
  const revealer = caller('vault', vaultUrl, keys.reveal, record)
  const vault = caller('vault', vaultUrl, keys.vault, record)
  const invoicing = caller('invoicing', invoicingUrl, keys.invoicing, record)
  const [one, other] = ['visa.json', 'jcb.json'].map(
    (name) => readSummary(demo.home).find(({ order }) => order === name)?.token_id as string,
  ) as [string, string]
  await inDatabase(adminUrl, 'kontor_vault', (client) =>
    client.query('update token set record = (select record from token where id = $2) where id = $1', [
      parseId('tok', one),
      parseId('tok', other),
    ]),
  )
  const revealed = await revealer({
    method: 'POST',
    target: `/v1/tokens/${one}/reveal`,
    body: '{"fields":["number"],"purpose":"support"}',
  })

  const body = {
    type: 'card',
    card: {
      number: dropped.card('card of a defect'),
      expiry_month: 1,
      expiry_year: 2036,
      cvc: dropped.cvc('code of a defect'),
    },
    holder: { name: dropped.holder('holder of a defect') },
  }
  const token = await whileRefusing(adminUrl, 'kontor_vault', 'token', async () => {
    const made = await vault({ method: 'POST', target: '/v1/tokens', body: JSON.stringify(body) })
    return made.status
  })
  const account = await whileRefusing(adminUrl, 'kontor_invoicing', 'account', async () => {
    const made = await invoicing({
      method: 'POST',
      target: '/v1/accounts',
      body: JSON.stringify({
        kind: 'person',
        name: dropped.holder('account of a defect'),
        billing_address: { country: 'CH' },
      }),
    })
    return made.status
  })
  return { 'reveal a record of another row': revealed.status, 'write a token': token, 'write an account': account }
}

/** Lets a table refuse every new row. PostgreSQL's error then has the whole row in its detail. */
function whileRefusing<T>(adminUrl: string, database: string, table: string, work: () => Promise<T>): Promise<T> {
  return inDatabase(adminUrl, database, async (client) => {
    const name = quoteName(table)
    await client.query(`alter table ${name} add constraint refuse_everything check (false) not valid`)
    try {
      return await work()
    } finally {
      await client.query(`alter table ${name} drop constraint refuse_everything`)
    }
  })
}

const inDatabase = <T>(adminUrl: string, database: string, work: (client: Client) => Promise<T>): Promise<T> =>
  withClient(urlFor(adminUrl, database), 'leak test', work)
