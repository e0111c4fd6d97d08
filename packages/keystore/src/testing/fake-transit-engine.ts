import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto'

/** A transit key of type aes256-gcm96. */
export interface FakeKey {
  type: string
  derived: boolean
  latest: number
  minDecryption: number
  minEncryption: number
  minAvailable: number
  readonly versions: Map<number, { readonly key: Buffer; readonly createdAtS: number }>
}

/** An answer of 400 or more with its `errors`. */
export class Refusal extends Error {
  readonly status: number
  readonly errors: readonly string[]
  constructor(status: number, errors: readonly string[]) {
    super(`${status}`)
    this.status = status
    this.errors = errors
  }
}

type Body = Readonly<Record<string, unknown>>

/** "Create key": aes256-gcm96 by default; numbering starts at 1, and "Read key" shows min_decryption_version 1 of a new key. */
export function newFakeKey(): FakeKey {
  const key: FakeKey = {
    type: 'aes256-gcm96',
    derived: false,
    latest: 0,
    minDecryption: 1,
    minEncryption: 0,
    minAvailable: 0,
    versions: new Map(),
  }
  addVersion(key)
  return key
}

/**
 * Answers as the transit engine's published API (openbao.org/api-docs/secret/transit, the same in HashiCorp's reference); the
 * clause is named at each refusal. The statuses of the engine's own refusals are all 400 ("HTTP status codes": missing or
 * invalid data), save of a key that is read and is not there, 404.
 *
 * @throws {Refusal}
 */
export function answerTransit(keys: Map<string, FakeKey>, method: string, path: string, body: Body): object {
  const [, action, name = '', change] =
    /^(encrypt|decrypt|keys)\/([\w.-]+?)(?:\/(rotate|config|trim))?$/.exec(path) ?? []
  const key = keys.get(name)
  if (action === 'keys' && method === 'GET' && change === undefined) {
    // "Read key"; a read of what is not there is 404 ("HTTP status codes").
    if (key === undefined) throw new Refusal(404, [])
    return described(name, key)
  }
  // "HTTP status codes", 405: a method inappropriate to the path.
  if (method !== 'POST' && method !== 'PUT') throw new Refusal(405, ['unsupported operation'])
  if (action === 'encrypt') return encrypt(existing(key), body)
  if (action === 'decrypt') return decrypt(existing(key), body)
  if (change === 'rotate') return described(name, addVersion(existing(key)))
  if (change === 'config') return described(name, configure(existing(key), body))
  if (change === 'trim') return described(name, trim(existing(key), body))
  throw new Refusal(404, ['unsupported path'])
}

/** "Encrypt data": with the `update` capability alone, an error is returned if the key does not exist. */
function existing(key: FakeKey | undefined): FakeKey {
  if (key === undefined) throw new Refusal(400, ['encryption key not found'])
  return key
}

/** "Encrypt data" */
function encrypt(key: FakeKey, body: Body): object {
  // `plaintext` (string: <required>), base64 encoded; `associated_data`, base64 encoded.
  if (typeof body.plaintext !== 'string') throw new Refusal(400, ['missing plaintext to encrypt'])
  const plaintext = decoded(body.plaintext)
  // `key_version` (int: 0): unset is the latest; at least min_encryption_version.
  const version = Number(body.key_version ?? 0) || key.latest
  const material = key.versions.get(version)
  if (material === undefined || version < key.minEncryption) throw new Refusal(400, ['key version not allowed'])
  const nonce = randomBytes(12)
  const cipher = createCipheriv('aes-256-gcm', material.key, nonce).setAAD(decoded(body.associated_data ?? ''))
  const sealed = Buffer.concat([nonce, cipher.update(plaintext), cipher.final(), cipher.getAuthTag()])
  return { ciphertext: `vault:v${version}:${sealed.toString('base64')}`, key_version: version }
}

/** "Decrypt data" */
function decrypt(key: FakeKey, body: Body): object {
  // `ciphertext` (string: <required>), as returned by encrypt.
  if (typeof body.ciphertext !== 'string' || body.ciphertext === '')
    throw new Refusal(400, ['missing ciphertext to decrypt'])
  const [, digits, payload = ''] = /^vault:v(\d+):(.*)$/s.exec(body.ciphertext) ?? []
  if (digits === undefined) throw new Refusal(400, ['invalid ciphertext: no prefix'])
  const version = Number(digits) || 1
  const sealed = decoded(payload)
  const material = key.versions.get(version)
  if (material === undefined) throw new Refusal(400, ['invalid ciphertext: version is too new'])
  // "Update key configuration", `min_decryption_version`: the minimum version of ciphertext allowed to be decrypted.
  if (version < key.minDecryption) throw new Refusal(400, ['ciphertext version is disallowed by policy (too old)'])
  if (sealed.length < 28) throw new Refusal(400, ['invalid ciphertext length'])
  const decipher = createDecipheriv('aes-256-gcm', material.key, sealed.subarray(0, 12))
    .setAAD(decoded(body.associated_data ?? ''))
    .setAuthTag(sealed.subarray(-16))
  const plaintext = decipher.update(sealed.subarray(12, -16))
  try {
    decipher.final()
  } catch {
    // `associated_data` is "to also be authenticated with AEAD ciphers".
    throw new Refusal(400, ['cipher: message authentication failed'])
  }
  return { plaintext: plaintext.toString('base64') }
}

/** "Update key configuration": 0 or at least min_decryption_version, and neither above the latest version. */
function configure(key: FakeKey, body: Body): FakeKey {
  const decryption = Number(body.min_decryption_version ?? key.minDecryption) || 1
  const encryption = Number(body.min_encryption_version ?? key.minEncryption)
  if (decryption > key.latest || encryption > key.latest) throw new Refusal(400, ['latest key version is lower'])
  if (encryption > 0 && encryption < decryption) throw new Refusal(400, ['min encryption version is too low'])
  if (key.minAvailable > decryption || key.minAvailable > encryption)
    throw new Refusal(400, ['less than min available version'])
  return Object.assign(key, { minDecryption: decryption, minEncryption: encryption })
}

/** "Trim key": at most the lesser of both minimums, not while either is zero; what is before is permanently deleted. */
function trim(key: FakeKey, body: Body): FakeKey {
  const available = Number(body.min_available_version ?? 0)
  if (available < 1 || available < key.minAvailable) throw new Refusal(400, ['minimum available version is too low'])
  if (key.minEncryption === 0 || key.minDecryption === 0) throw new Refusal(400, ['a minimum version is not set'])
  if (available > Math.min(key.minEncryption, key.minDecryption))
    throw new Refusal(400, ['greater than a minimum version'])
  for (const version of [...key.versions.keys()]) if (version < available) key.versions.delete(version)
  return Object.assign(key, { minAvailable: available })
}

/** "Rotate key" */
function addVersion(key: FakeKey): FakeKey {
  key.latest++
  key.versions.set(key.latest, { key: randomBytes(32), createdAtS: 1_442_851_411 + key.latest })
  return key
}

/** "Read key": `keys` holds each version and its creation in seconds; versions below the minimum are archived, not listed. */
function described(name: string, key: FakeKey): object {
  const listed = [...key.versions].filter(([version]) => version >= key.minDecryption)
  return {
    name,
    type: key.type,
    derived: key.derived,
    deletion_allowed: false,
    exportable: false,
    allow_plaintext_backup: false,
    keys: Object.fromEntries(listed.map(([version, { createdAtS }]) => [version, createdAtS])),
    latest_version: key.latest,
    min_decryption_version: key.minDecryption,
    min_encryption_version: key.minEncryption,
    min_available_version: key.minAvailable,
    supports_encryption: true,
    supports_decryption: true,
  }
}

/** "All plaintext data must be base64-encoded": the standard alphabet, padded. */
function decoded(text: unknown): Buffer {
  const isBase64 = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/
  if (typeof text !== 'string' || !isBase64.test(text)) throw new Refusal(400, ['illegal base64 data'])
  return Buffer.from(text, 'base64')
}
