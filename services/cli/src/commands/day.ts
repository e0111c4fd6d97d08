import { Sentence } from '../sentence.ts'

/** @throws {Sentence} The text does not look like a day; whether there is such a day, the service says. */
export function readDay(text: string): string {
  if (!/^\d{4}-\d{2}-\d{2}$/.test(text)) throw new Sentence('A day looks like 2026-01-31.')
  return text
}
