import { randomBytes } from 'node:crypto'
import { inLetters } from '../orders/canonical.ts'

/** Repeats an intent: a command that broke off is finished by calling it again under its key. */
export interface IntentOptions {
  readonly key?: string
}

/**
 * Each call of a command is an intent of its own; what the client tries again, it tries under this key.
 *
 * @returns An Idempotency-Key of letters alone: digits can look like a card number by chance, and are refused then.
 */
export const newKey = (): string => `cli-${inLetters(randomBytes(16).toString('hex'))}`

/** @returns The key that a person gave the intent, else a new one. */
export const keyOf = ({ key }: IntentOptions): string => key ?? newKey()
