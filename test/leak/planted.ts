import { createHash } from 'node:crypto'
import { appendFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { urlFor, withClient } from '@kontor/postgres'
import type { MarkMaker } from './marks.ts'

const DATABASES = ['kontor_vault', 'kontor_keys', 'kontor_invoicing']

/**
 * Plants leaks where a fault in a service would leave them. The search that finds nothing else has to find each.
 *
 * @returns How to plant, and what must be found where: the mark, and a part of the name of the place.
 */
export function plantedLeaks(make: MarkMaker) {
  const column = {
    note: make.card('column in groups'),
    data: make.card('column in base64'),
    bytes: make.card('column of bytes'),
    digest: make.card('column hashed'),
    number: make.card('column of numbers'),
  }
  const deleted = make.card('deleted row')
  const log = { plain: make.card('log'), base64: make.card('log in base64') }
  const exported = make.card('export')
  const printed = make.card('print')
  const columns = make.marks.map(({ name }) => name).filter((name) => name.startsWith('column'))
  return {
    /** For the notes of an order: whoever writes an IBAN there wants it printed. */
    noted: make.iban('note'),
    printed,

    /** Into a table of each database, as a superuser. One row is deleted again. */
    async inTables(adminUrl: string): Promise<void> {
      const values = [
        `charged ${column.note.replace(/.{4}/g, '$& ')}`,
        { body: Buffer.from(`{"number":"${column.data}"}`).toString('base64') },
        Buffer.from(`number=${column.bytes}`),
        createHash('sha256').update(column.digest).digest('hex'),
        column.number,
      ]
      for (const name of DATABASES) {
        await withClient(urlFor(adminUrl, name), 'leak test', async (client) => {
          await client.query('create table planted (note text, data jsonb, bytes bytea, digest text, number numeric)')
          await client.query('insert into planted (note) values ($1)', [deleted])
          await client.query('delete from planted')
          await client.query(
            'insert into planted (note, data, bytes, digest, number) values ($1, $2, $3, $4, $5)',
            values,
          )
        })
      }
    },

    /** Into files that a service or the command writes. */
    inFiles(home: string): void {
      const body = Buffer.from(`{"number":"${log.base64}"}`).toString('base64')
      const lines = [
        { level: 50, msg: `invalid card ${log.plain}` },
        { level: 50, body },
      ]
      appendFileSync(join(home, 'log/vault.log'), lines.map((line) => `${JSON.stringify(line)}\n`).join(''))
      writeFileSync(join(home, 'out/planted.csv'), `number;total\r\n${exported};1.00\r\n`)
    },

    expected: [
      ...DATABASES.flatMap((database) => columns.map((mark) => [mark, `${database}.public.planted`])),
      ...[...columns, 'deleted row', 'note'].flatMap((mark) => [
        [mark, 'cluster/data/base/'],
        [mark, 'cluster/data/pg_wal/'],
      ]),
      ['log', 'home/log/vault.log'],
      ['log in base64', 'home/log/vault.log'],
      ['export', 'home/out/planted.csv'],
      ['print', 'printed'],
      ['note', 'kontor_invoicing.public.document'],
      ['note', 'kontor_invoicing.public.idempotency'],
      ['note', '.pdf (text)'],
      ['note', 'answer of invoicing to GET /v1/invoices/'],
    ] as [mark: string, where: string][],
  }
}
