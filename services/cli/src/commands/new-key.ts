import { randomBytes } from 'node:crypto'
import { inLetters } from '../orders/canonical.ts'

/**
 * Each call of a command is an intent of its own; what the client tries again, it tries under this key.
 *
 * @returns An Idempotency-Key of letters alone: digits can look like a card number by chance, and are refused then.
 */
export const newKey = (): string => `cli-${inLetters(randomBytes(16).toString('hex'))}`
