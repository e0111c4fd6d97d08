import type { FieldError } from '@kontor/problem'

/** What we read of an error of Ajv. */
interface AjvError {
  readonly keyword: string
  readonly instancePath: string
  readonly message?: string | undefined
  readonly params: Readonly<Record<string, unknown>>
}

const CODES: Record<string, string> = {
  required: 'missing_field',
  additionalProperties: 'unknown_field',
  unevaluatedProperties: 'unknown_field',
  type: 'wrong_type',
  pattern: 'wrong_format',
  format: 'wrong_format',
  enum: 'not_allowed_value',
  const: 'not_allowed_value',
  discriminator: 'not_allowed_value',
  maxLength: 'too_long',
  minLength: 'too_short',
  maxItems: 'too_many',
  minItems: 'too_few',
  maxProperties: 'too_many',
  minimum: 'too_small',
  exclusiveMinimum: 'too_small',
  maximum: 'too_large',
}

/** Names of ours are short and plain; anything else in a path came from the caller and is not repeated. */
const OUR_NAME = /^[a-z_]{1,40}$|^\d{1,5}$/

/**
 * Tells a caller which fields are not of the documented form.
 *
 * Only the names of documented fields and positions are repeated, because a caller can make a card number the name
 * of a field.
 *
 * @param errors What Ajv found.
 * @returns At most 20 errors, without repetition.
 */
export function fieldErrors(errors: readonly AjvError[]): FieldError[] {
  const found = new Map<string, FieldError>()
  for (const error of errors) {
    if (error.keyword === 'oneOf' || error.keyword === 'anyOf' || error.keyword === 'if') continue
    const path = pathOf(error)
    const code = CODES[error.keyword] ?? 'invalid'
    if (found.size < 20) found.set(`${path} ${code}`, { path, code, message: messageOf(error) })
  }
  if (found.size === 0) found.set('', { path: '', code: 'invalid', message: 'is not of the documented form' })
  return [...found.values()]
}

function pathOf(error: AjvError): string {
  const inner = error.instancePath
    .split('/')
    .map((name) => (name === '' || OUR_NAME.test(name) ? name : '*'))
    .join('/')
  const missing = error.params.missingProperty
  return error.keyword === 'required' && typeof missing === 'string' ? `${inner}/${missing}` : inner
}

function messageOf(error: AjvError): string {
  switch (error.keyword) {
    case 'required':
      return 'is missing'
    case 'additionalProperties':
    case 'unevaluatedProperties':
      return 'has a field that is not documented'
    case 'enum':
      return `must be one of ${JSON.stringify(error.params.allowedValues)}`
    case 'discriminator':
      return 'must name one of the documented kinds'
    default:
      return error.message ?? 'is not of the documented form'
  }
}
