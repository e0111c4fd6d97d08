/** A part of an OpenAPI document, as JSON. */
// biome-ignore lint/suspicious/noExplicitAny: an OpenAPI document nests without end.
export type Json = Record<string, any>

const METHODS = ['get', 'put', 'post', 'delete', 'patch']

/** Schemas under these names hold other schemas, in an array, an object or alone. */
const ARRAYS = ['anyOf', 'oneOf', 'allOf', 'prefixItems']
const ALONE = ['items', 'not', 'additionalProperties']

/**
 * Reads an API description by the house rules: every operation is named, summarised and filed under a tag; every property and
 * parameter has a description; every string and array that a request may carry has a bound.
 *
 * Answers are bounded by what the service stores; a bound there would be a promise that nobody checks.
 *
 * @param description OpenAPI 3.1.
 * @returns What breaks a rule, with where it stands; empty when nothing does.
 */
export function openApiFaults(description: Json): string[] {
  const faults: string[] = []
  const seenIds = new Set<string>()
  for (const [path, item] of Object.entries<Json>(description.paths ?? {})) {
    for (const method of METHODS) {
      const operation: Json | undefined = item[method]
      if (!operation) continue
      const at = `${method.toUpperCase()} ${path}`
      for (const field of ['operationId', 'summary']) {
        if (!operation[field]) faults.push(`${at} has no ${field}`)
      }
      if (!(operation.tags?.length > 0)) faults.push(`${at} has no tag`)
      if (seenIds.has(operation.operationId)) faults.push(`${at} has the operationId of another operation`)
      seenIds.add(operation.operationId)
      for (const parameter of operation.parameters ?? []) {
        const where = `${at} parameter ${parameter.name}`
        if (!(parameter.description || parameter.schema?.description)) faults.push(`${where} has no description`)
        faults.push(...schemaFaults(parameter.schema, where, { bounded: true }, description))
      }
      for (const [type, media] of Object.entries<Json>(operation.requestBody?.content ?? {})) {
        faults.push(...schemaFaults(media.schema, `${at} ${type}`, { bounded: true }, description))
      }
      for (const [status, answer] of Object.entries<Json>(operation.responses ?? {})) {
        for (const media of Object.values<Json>(answer.content ?? {})) {
          faults.push(...schemaFaults(media.schema, `${at} ${status}`, { bounded: false }, description))
        }
      }
    }
  }
  return faults
}

function schemaFaults(
  schema: Json | boolean | undefined,
  at: string,
  rule: { readonly bounded: boolean },
  description: Json,
): string[] {
  if (typeof schema !== 'object') return []
  if (schema.$ref) return schemaFaults(resolve(schema.$ref, description), at, rule, description)
  const faults: string[] = []
  const types = [schema.type].flat()
  if (rule.bounded && types.includes('string') && !isBoundedString(schema))
    faults.push(`${at} is a string without bound`)
  if (rule.bounded && types.includes('array') && schema.maxItems === undefined) {
    faults.push(`${at} is an array without bound`)
  }
  for (const [name, property] of Object.entries<Json>(schema.properties ?? {})) {
    const where = `${at}.${name}`
    if (!isDescribed(property, description)) faults.push(`${where} has no description`)
    faults.push(...schemaFaults(property, where, rule, description))
  }
  for (const name of ARRAYS) {
    for (const part of schema[name] ?? []) faults.push(...schemaFaults(part, at, rule, description))
  }
  for (const name of ALONE) faults.push(...schemaFaults(schema[name], `${at}[]`, rule, description))
  return faults
}

/** A maximum length, a list of values or a value; a pattern does not show its bound to a reader. */
function isBoundedString(schema: Json): boolean {
  return schema.maxLength !== undefined || schema.enum !== undefined || schema.const !== undefined
}

/** Of its own, or of one of the alternatives: what may be null is described in the alternative that is not. */
function isDescribed(schema: Json, description: Json): boolean {
  if (schema.description) return true
  if (schema.$ref) return isDescribed(resolve(schema.$ref, description), description)
  return ARRAYS.some((name) => (schema[name] ?? []).some((part: Json) => isDescribed(part, description)))
}

function resolve(reference: string, description: Json): Json {
  const path = reference.replace(/^#\//, '').split('/')
  return path.reduce((found, part) => found[part.replaceAll('~1', '/').replaceAll('~0', '~')], description)
}

/** Every schema that stands in the description by itself, with where. */
export function* schemasOf(description: Json): Generator<readonly [at: string, schema: Json]> {
  for (const [path, item] of Object.entries<Json>(description.paths ?? {})) {
    for (const method of METHODS) {
      const operation: Json | undefined = item[method]
      if (!operation) continue
      const at = `${method.toUpperCase()} ${path}`
      for (const parameter of operation.parameters ?? []) yield [`${at} ${parameter.name}`, parameter.schema]
      for (const holder of [operation.requestBody, ...Object.values<Json>(operation.responses ?? {})]) {
        for (const media of Object.values<Json>(holder?.content ?? {})) if (media.schema) yield [at, media.schema]
      }
    }
  }
}
