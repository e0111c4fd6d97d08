import type { FieldError } from '@kontor/problem'
import { Compile } from 'typebox/compile'
import { InvalidOrder, UnreadableOrder, UnsupportedDocument } from './errors.ts'
import { OrderForm } from './order-form.ts'

const form = Compile(OrderForm)

/** As many errors as help a person; a file that is something else altogether has hundreds. */
const ERRORS_MAX = 20

/** Names of the form are short and plain. Any other stands in the file alone, and could be a card number. */
const PLAIN_NAME = /^[a-z][a-z0-9_]{0,39}$|^\d{1,5}$/

/**
 * Reads the text of an order file.
 *
 * @returns The order as it stands in the file.
 * @throws {UnreadableOrder} Not JSON.
 * @throws {UnsupportedDocument} Another document than an invoice or a credit note.
 * @throws {InvalidOrder} Another form. Neither values nor unusual field names are repeated.
 */
export function parseOrder(text: string): OrderForm {
  if (text.trim() === '') throw new UnreadableOrder('the file is empty')
  const value = parseJson(text)
  if (form.Check(value)) return fitting(value)
  const document = value !== null && typeof value === 'object' && 'document' in value ? value.document : undefined
  if (typeof document === 'string' && document !== 'invoice' && document !== 'credit_note')
    throw new UnsupportedDocument()
  throw new InvalidOrder(fieldErrors(value))
}

/** What a credit note is, and what stands on it alone. It charges nothing, so that an instrument would be kept for nothing. */
function fitting(order: OrderForm): OrderForm {
  const isCredit = order.document === 'credit_note'
  const errors = [
    ...((order.type_code === '381') === isCredit ? [] : [{ path: '/type_code', message: 'is of another document' }]),
    ...(isCredit && order.instrument ? [{ path: '/instrument', message: 'a credit note charges nothing' }] : []),
    ...(!isCredit && order.preceding_invoice ? [{ path: '/preceding_invoice', message: 'is for credit notes' }] : []),
    ...(!isCredit && order.reason !== undefined ? [{ path: '/reason', message: 'is for credit notes' }] : []),
  ]
  if (errors.length > 0) throw new InvalidOrder(errors.map((error) => ({ ...error, code: 'not_allowed' })))
  return order
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    throw new UnreadableOrder('the file is not JSON (RFC 8259)')
  }
}

function fieldErrors(value: unknown): FieldError[] {
  const found = new Map<string, FieldError>()
  for (const error of form.Errors(value)) {
    for (const fieldError of toFieldErrors(error)) {
      if (found.size < ERRORS_MAX) found.set(`${fieldError.path} ${fieldError.code}`, fieldError)
    }
  }
  return [...found.values()]
}

function toFieldErrors({ keyword, instancePath, params, message }: FormError): FieldError[] {
  const path = instancePath.split('/').map(plain).join('/')
  switch (keyword) {
    case 'required': {
      const missing = params.requiredProperties as readonly string[]
      return missing.map((name) => ({ path: `${path}/${name}`, code: 'missing_field', message: 'is required' }))
    }
    case 'additionalProperties': {
      const unknown = params.additionalProperties as readonly string[]
      return unknown.map((name) => ({
        path: `${path}/${plain(name)}`,
        code: 'unknown_field',
        message: 'is not a field of an order',
      }))
    }
    case 'boolean': // The second report of an unknown field.
      return []
    case 'type':
      return [{ path, code: 'wrong_type', message }]
    case 'pattern':
      return [{ path, code: 'wrong_format', message: 'has another format than documented' }]
    default:
      return [{ path, code: 'invalid', message }]
  }
}

interface FormError {
  readonly keyword: string
  readonly instancePath: string
  readonly params: unknown & Readonly<Record<string, unknown>>
  readonly message: string
}

const plain = (name: string): string => (name === '' || PLAIN_NAME.test(name) ? name : '*')
