import { existsSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { Ajv, type ValidateFunction } from 'ajv'
import addFormats from 'ajv-formats'
import type { Received } from './mishap.ts'

/** Where the owners' descriptions lie beside a checkout, or undefined where they do not. */
export function sharedData(): string | undefined {
  for (let folder = import.meta.dirname; folder !== dirname(folder); folder = dirname(folder)) {
    const data = join(folder, 'shared', 'data')
    if (existsSync(join(data, 'paypal-openapi'))) return data
  }
  return undefined
}

export const readJson = (path: string): Record<string, unknown> => JSON.parse(readFileSync(path, 'utf8'))

interface Described {
  readonly api: string
  readonly path: string
  readonly method: string
  readonly pattern: RegExp
}

const APIS = [
  'checkout_orders_v2',
  'payments_payment_v2',
  'vault_payment_tokens_v3',
  'notifications_webhooks_v1',
] as const

/** Holds requests and answers against PayPal's OpenAPI descriptions. */
export function paypalDescriptions(data: string) {
  // Formats of PayPal's own are not known to anybody else, and are not worth a warning each.
  const ajv = new Ajv({ strict: false, validateSchema: false, allErrors: true, unicodeRegExp: false, logger: false })
  addFormats.default(ajv)
  const documents = new Map(APIS.map((api) => [api as string, readJson(join(data, 'paypal-openapi', `${api}.json`))]))
  for (const [api, document] of documents) ajv.addSchema(document, api)
  const compiled = new Map<string, ValidateFunction>()
  const operations: Described[] = [...documents].flatMap(([api, document]) =>
    Object.entries(document.paths as Record<string, object>).flatMap(([path, methods]) =>
      Object.keys(methods)
        .filter((method) => method !== 'parameters')
        .map((method) => ({
          api,
          path,
          method: method.toUpperCase(),
          pattern: new RegExp(`^${path.replace(/\{\w+\}/g, '[^/]+')}$`),
        })),
    ),
  )

  function errors(api: string, pointer: readonly string[], value: unknown): string[] {
    const at = pointer.map((part) => encodeURIComponent(part.replaceAll('~', '~0').replaceAll('/', '~1'))).join('/')
    const key = `${api}#/${at}`
    const validate = compiled.get(key) ?? ajv.compile({ $ref: key })
    compiled.set(key, validate)
    if (validate(value)) return []
    return (validate.errors ?? []).map(({ instancePath, message }) => `${key} ${instancePath} ${message}`)
  }

  const node = (api: string, pointer: readonly string[]): unknown =>
    pointer.reduce<unknown>((at, part) => (at as Record<string, unknown> | undefined)?.[part], documents.get(api))

  /** What is wrong with an exchange, request and answer. */
  return function violations({ method, path, headers, body, status, answer }: Received): string[] {
    const found = operations.find((one) => one.method === method && one.pattern.test(path))
    if (found === undefined) return [`${method} ${path} is not described`]
    const { api } = found
    const operation = ['paths', found.path, method.toLowerCase()]
    const json = ['content', 'application/json', 'schema']
    const request = [...operation, 'requestBody', ...json]
    const wrong = body !== '' && node(api, request) ? errors(api, request, JSON.parse(body)) : []
    if (body !== '' && !/^application\/json\b/.test(String(headers['content-type']))) wrong.push(`${path} content-type`)
    if (status === undefined) return wrong
    const response = ['responses', String(status)]
    const described = node(api, [...operation, ...response])
    if (described === undefined && status < 400) return [...wrong, `${method} ${path} ${status} is not described`]
    const schema = [...operation, ...response, ...json]
    if (answer === undefined || node(api, schema) === undefined) return wrong
    return [...wrong, ...errors(api, schema, answer)]
  }
}
