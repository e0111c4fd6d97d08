import type { KeyContext } from './key-provider.ts'

const MEMBER_NAME = /^[A-Za-z][A-Za-z0-9_]*$/

/**
 * Writes a context in the one spelling it has: canonical JSON (RFC 8785), which for strings and safe integers under names of
 * ASCII letters is what `JSON.stringify` writes with the members in order.
 *
 * @throws {TypeError} A name outside `[A-Za-z][A-Za-z0-9_]*`, `kid`, a number that is not a safe integer, a string that is not
 *   well-formed Unicode.
 */
export function canonicalContext(context: KeyContext): string {
  refuseKid(context)
  const names = Object.keys(context).sort()
  return `{${names.map((name) => `${JSON.stringify(bindableName(name))}:${bindableValue(context[name])}`).join()}}`
}

/** @throws {TypeError} The provider says itself which root KEK it is. */
export function refuseKid(context: KeyContext): void {
  if (Object.hasOwn(context, 'kid')) throw new TypeError('the provider adds kid to the context itself')
}

function bindableName(name: string): string {
  if (!MEMBER_NAME.test(name)) throw new TypeError('a member of the context cannot be bound')
  return name
}

function bindableValue(value: unknown): string {
  const isText = typeof value === 'string' && value.isWellFormed()
  if (!isText && !Number.isSafeInteger(value)) {
    throw new TypeError('a member of the context is neither well-formed text nor a safe integer')
  }
  return JSON.stringify(value)
}
