import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { SigningPublicJwk } from '@kontor/jose-box'
import { kontor } from '../e2e/kontor.ts'
import type { Customer } from './customers.ts'
import type { Stage } from './stage.ts'

/** Erases once more and verifies the receipt as an operator would. */
export async function commandLine(stage: Stage, { account }: Customer, keys: readonly SigningPublicJwk[]) {
  const folder = await mkdtemp(join(tmpdir(), 'kontor-drill-'))
  try {
    const env = { VAULT_URL: stage.second.url(), VAULT_API_KEY: stage.key }
    const { out } = await kontor(['account', 'erase', account, '--json'], env).ended
    const erased = readReceipt(out)
    const [receipt, changed, jwks] = ['receipt.json', 'changed', 'keys.json'].map((name) => join(folder, name)) as [
      string,
      string,
      string,
    ]
    await writeFile(receipt, out)
    await writeFile(
      changed,
      erased.replace(/^(.{60}.)(.)/, (_, head, next) => head + (next === 'A' ? 'B' : 'A')),
    )
    await writeFile(jwks, JSON.stringify({ keys }))
    const verify = (file: string) => kontor(['receipt', 'verify', file, '--public-key', jwks]).ended
    const [genuine, forged] = [await verify(receipt), await verify(changed)]
    return { erased, genuine: genuine.code === 0 && genuine.out.includes(account) && forged.code === 1 }
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

function readReceipt(json: string): string {
  try {
    return JSON.parse(json).receipt
  } catch {
    return ''
  }
}
