import { get, type IncomingMessage } from 'node:http'

/** A line of an export, by the names of its header. */
export type ExportLine = Readonly<Record<string, string>>

/** How a client reads exports over a real connection, which has trailers and may be left. */
export function exportsOf(baseUrl: string, apiKey: string, path = '/v1/exports/invoices.csv') {
  const open = (query = ''): Promise<IncomingMessage> =>
    new Promise((resolve, reject) => {
      const headers = { authorization: `Bearer ${apiKey}` }
      get(`${baseUrl}${path}${query}`, { headers }, resolve).on('error', reject)
    })

  async function download(query = '') {
    const response = await open(query)
    const chunks: Buffer[] = []
    for await (const chunk of response) chunks.push(chunk)
    const bytes = Buffer.concat(chunks)
    return {
      status: response.statusCode,
      headers: response.headers,
      bytes,
      manifest: JSON.parse(String(response.trailers['kontor-manifest'] ?? 'null')),
      rows: parseCsv(bytes.toString()),
    }
  }
  return { open, download }
}

/** A reader of RFC 4180 that shares nothing with the writer. */
export function parseCsv(text: string): ExportLine[] {
  const lines: string[][] = [[]]
  for (const [, quoted, plain, end] of text.matchAll(/(?:"((?:[^"]|"")*)"|([^",\r\n]*))(,|\r\n|$)/g)) {
    lines.at(-1)?.push(quoted === undefined ? (plain ?? '') : quoted.replaceAll('""', '"'))
    if (end === '\r\n') lines.push([])
    if (end === '') break
  }
  const [names = [], ...rows] = lines.slice(0, -1)
  return rows.map((row) => Object.fromEntries(names.map((name, index) => [name, row[index] ?? ''])))
}
