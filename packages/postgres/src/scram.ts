import { createHash, createHmac, pbkdf2 } from 'node:crypto'
import { promisify } from 'node:util'

const ITERATIONS = 4096
const SALT_BYTES = 16

/**
 * What PostgreSQL stores of a password. Made here, the password itself is never part of a statement, so it cannot reach the
 * server's log or its statistics.
 *
 * @param password Printable ASCII: for these SASLprep (RFC 4013) changes nothing.
 * @param salt 16 random bytes.
 * @returns `SCRAM-SHA-256$<iterations>:<salt>$<StoredKey>:<ServerKey>`, as pg_authid.rolpassword holds it.
 * @throws {Error} Another character in the password. The message never repeats it.
 * @see RFC 5802, 3 and RFC 7677
 */
export async function scramVerifier(password: string, salt: Uint8Array): Promise<string> {
  if (!/^[\x20-\x7e]+$/.test(password)) throw new Error('a database password must be printable ASCII, and not empty')
  if (salt.length !== SALT_BYTES) throw new RangeError(`a SCRAM salt has ${SALT_BYTES} bytes`)
  const salted = await promisify(pbkdf2)(password, salt, ITERATIONS, 32, 'sha256')
  const clientKey = createHmac('sha256', salted).update('Client Key').digest()
  const storedKey = createHash('sha256').update(clientKey).digest('base64')
  const serverKey = createHmac('sha256', salted).update('Server Key').digest('base64')
  return `SCRAM-SHA-256$${ITERATIONS}:${Buffer.from(salt).toString('base64')}$${storedKey}:${serverKey}`
}
