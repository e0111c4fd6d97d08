import { readFile } from 'node:fs/promises'
import { resolve } from 'node:path'
import { InvalidSignature, type SignedPayload, verifyCompact } from '@kontor/jose-box'
import { Sentence } from '../sentence.ts'
import { readKeys } from './audit-files.ts'
import type { Command } from './command.ts'

export interface VerifyOptions {
  /** A copy of `GET /v1/signing-keys`. */
  readonly publicKey: string
}

/** `kontor receipt verify`: says whether the vault signed the receipt of an erasure. Asks nobody. */
export async function verifyReceipt(
  { config, screen }: Command,
  file: string,
  { publicKey }: VerifyOptions,
): Promise<number> {
  const keys = await readKeys(resolve(config.cwd, publicKey))
  const text = await readFile(resolve(config.cwd, file), 'utf8').catch(() => {
    throw new Sentence(`${file} cannot be read.`)
  })
  let stated: SignedPayload
  try {
    stated = verifyCompact(receiptIn(text), 'kontor-erasure+jwt', keys)
  } catch (error) {
    if (error instanceof InvalidSignature) throw new Sentence(`The receipt is not genuine: ${error.message}.`)
    throw error
  }
  screen.result({ genuine: true, ...stated }, [
    'The receipt is genuine. It states:',
    ...Object.entries(stated).map(([name, value]) => `  ${name.padEnd(18)} ${[value].flat().join(', ')}`),
  ])
  return 0
}

/** The answer of the vault, or the receipt alone. */
function receiptIn(text: string): string {
  if (!text.trimStart().startsWith('{')) return text.trim()
  try {
    const { receipt } = JSON.parse(text) as { receipt?: unknown }
    if (typeof receipt === 'string') return receipt
  } catch {
    // Said below, without the parser's words.
  }
  throw new Sentence('The file holds no receipt: neither the answer of the vault nor a compact JWS.')
}
