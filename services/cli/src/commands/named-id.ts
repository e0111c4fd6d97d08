import { type IdPrefix, InvalidId, parseId } from '@kontor/ids'
import { Sentence } from '../sentence.ts'

/**
 * Reads the id that a person names something by.
 *
 * @param refusal What to say of a text that is no id of that kind.
 * @returns The text.
 * @throws {Sentence}
 */
export function namedId(prefix: IdPrefix, text: string, refusal: string): string {
  try {
    parseId(prefix, text)
    return text
  } catch (error) {
    if (error instanceof InvalidId) throw new Sentence(refusal)
    throw error
  }
}
