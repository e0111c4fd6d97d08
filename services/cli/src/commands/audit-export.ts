import { open } from 'node:fs/promises'
import { resolve } from 'node:path'
import type { Environment } from '../config.ts'
import type { Api } from '../job/api-client.ts'
import { Sentence } from '../sentence.ts'
import { vaultApi } from '../vault-access.ts'
import type { Command } from './command.ts'

export interface AuditExportOptions {
  readonly out: string
}

interface Page {
  readonly data: readonly { readonly seq: number }[]
  readonly next_from: number | null
}

const PAGE = 200

/** `kontor audit export`: every sealed event of the key's tenant and mode, as JSON lines, in the order of the log. */
export async function exportAudit(command: Command, env: Environment, options: AuditExportOptions): Promise<number> {
  const { config, screen } = command
  const api = vaultApi(command, env, 'auditor')
  const path = resolve(config.cwd, options.out)
  const entries = await writeLog(api, path, (count) => screen.progress(`Entries       ${count}`))
  screen.result({ out: path, entries }, [`${entries} entries written to ${path}.`])
  return 0
}

/** Writes the whole log to a new file for its owner only. @returns How many entries it has. */
export async function writeLog(
  api: Pick<Api, 'get'>,
  path: string,
  onProgress: (count: number) => void,
): Promise<number> {
  const file = await open(path, 'wx', 0o600).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'EEXIST') throw new Sentence(`${path} is there already: an export never replaces a file.`)
    throw error
  })
  let count = 0
  try {
    for (let from: number | null = 0; from !== null; ) {
      const page: Page = await api.get<Page>(`/v1/audit/log?from=${from}&limit=${PAGE}`)
      if (page.data.length > 0) await file.write(page.data.map((entry) => `${JSON.stringify(entry)}\n`).join(''))
      count += page.data.length
      from = page.next_from
      onProgress(count)
    }
    await file.sync()
  } finally {
    await file.close()
  }
  return count
}
