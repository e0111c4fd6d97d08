import type { FieldError } from '@kontor/problem'

/** What we read of an error of Ajv. */
interface AjvError {
  readonly keyword: string
  readonly instancePath: string
  /** Where in the schema, such as `#/properties/bank_account/oneOf/1/required`. */
  readonly schemaPath: string
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

/** Keywords whose errors only say that there are others within. */
const OUTER = new Set(['oneOf', 'anyOf', 'if', 'propertyNames'])

/** Errors that are looked at: a long array of wrong values must not cost more than a right one. */
const ERRORS_READ_MAX = 200

/** Names of ours are short and plain; anything else in a path came from the caller and is not repeated. */
const OUR_NAME = /^[a-z_]{1,40}(_\d)?$|^\d{1,5}$/

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
  for (const error of ofBestBranches(errors.slice(0, ERRORS_READ_MAX))) {
    if (OUTER.has(error.keyword)) continue
    const path = pathOf(error)
    const code = isMissing(error) ? 'missing_field' : (CODES[error.keyword] ?? 'invalid')
    if (found.size < 20) found.set(`${path} ${code}`, { path, code, message: messageOf(error) })
  }
  if (found.size === 0) found.set('', { path: '', code: 'invalid', message: 'is not of the documented form' })
  return [...found.values()]
}

/**
 * Where a value fits none of several forms, Ajv lists what each of them misses. The caller meant one of them: the errors
 * of the form that misses least are kept, of equal ones those of the first.
 */
function ofBestBranches(errors: readonly AjvError[]): readonly AjvError[] {
  let kept = errors
  for (const choice of errors) {
    if (choice.keyword !== 'oneOf' && choice.keyword !== 'anyOf') continue
    const branchOf = (error: AjvError): string | undefined => {
      const inside =
        error.instancePath === choice.instancePath || error.instancePath.startsWith(`${choice.instancePath}/`)
      if (!inside || !error.schemaPath.startsWith(`${choice.schemaPath}/`)) return undefined
      return error.schemaPath.slice(choice.schemaPath.length + 1).split('/', 1)[0]
    }
    const counts = new Map<string, number>()
    for (const error of kept) {
      const branch = branchOf(error)
      if (branch !== undefined) counts.set(branch, (counts.get(branch) ?? 0) + 1)
    }
    const [best] = [...counts].sort(([, a], [, b]) => a - b)
    kept = kept.filter((error) => [undefined, best?.[0]].includes(branchOf(error)))
  }
  return kept
}

function pathOf(error: AjvError): string {
  const inner = error.instancePath
    .split('/')
    .map((name) => (name === '' || OUR_NAME.test(name) ? name : '*'))
    .join('/')
  const missing = error.params.missingProperty
  if (error.keyword === 'discriminator' && typeof error.params.tag === 'string') return `${inner}/${error.params.tag}`
  return error.keyword === 'required' && typeof missing === 'string' ? `${inner}/${missing}` : inner
}

/** A field that names the kind of a value is missed by `required` and by `discriminator`: one error for both. */
function isMissing({ keyword, params }: AjvError): boolean {
  return keyword === 'required' || (keyword === 'discriminator' && params.tagValue === undefined)
}

function messageOf(error: AjvError): string {
  if (isMissing(error)) return 'is missing'
  switch (error.keyword) {
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
