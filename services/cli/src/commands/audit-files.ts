import { createReadStream } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { createInterface } from 'node:readline'
import { CHECKPOINT_TYP, readSignedLogs, type SignedLogs } from '@kontor/audit-log'
import { type SigningPublicJwk, verifyCompact } from '@kontor/jose-box'
import { Sentence } from '../sentence.ts'

/** Reads text files line by line, one after the other. @throws {Sentence} One of them cannot be read. */
export async function* linesOf(files: readonly string[]): AsyncGenerator<string> {
  for (const file of files) {
    const stream = createReadStream(file, 'utf8')
    try {
      yield* createInterface({ input: stream, crlfDelay: Number.POSITIVE_INFINITY })
    } catch {
      throw new Sentence(`${file} cannot be read.`)
    } finally {
      stream.destroy()
    }
  }
}

/**
 * Reads sinks and verifies every signature in them.
 *
 * @param keyFile A JWK Set, as `GET /v1/signing-keys` answers it.
 */
export async function readSinks(sinkFiles: readonly string[], keyFile: string): Promise<SignedLogs> {
  const keys = await readKeys(keyFile)
  return readSignedLogs(linesOf(sinkFiles), (jws) => verifyCompact(jws, CHECKPOINT_TYP, keys))
}

/** @throws {Sentence} The file is no JWK Set of keys that sign. */
export async function readKeys(file: string): Promise<SigningPublicJwk[]> {
  const text = await readFile(file, 'utf8').catch(() => {
    throw new Sentence(`${file} cannot be read.`)
  })
  try {
    const { keys } = JSON.parse(text) as { keys: SigningPublicJwk[] }
    if (Array.isArray(keys) && keys.every(({ kty, crv, kid }) => kty === 'EC' && crv === 'P-256' && kid)) return keys
  } catch {
    // Said below, without the parser's words.
  }
  throw new Sentence(`${file} is not a JWK Set of P-256 keys, as GET /v1/signing-keys answers it.`)
}
