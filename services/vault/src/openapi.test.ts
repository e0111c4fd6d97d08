import { readFileSync } from 'node:fs'
import test from 'ava'
import { printOpenApi } from './openapi.ts'

// biome-ignore lint/suspicious/noExplicitAny: the description is read as any client would read it.
type Description = any
const description = async (): Promise<Description> => JSON.parse(await printOpenApi())

test('the committed description is what the schemas print', async (t) => {
  t.is(readFileSync(new URL('../openapi.json', import.meta.url), 'utf8'), await printOpenApi())
})

test('the description is printed without a database, the same each time', async (t) => {
  const printed = await printOpenApi()
  t.is(await printOpenApi(), printed)
  t.is(JSON.parse(printed).openapi, '3.1.0')
})

test('every operation has an id, a summary and documented refusals', async (t) => {
  const { paths } = await description()
  const operations = Object.values(paths).flatMap((path) => Object.values(path as object)) as Description[]
  const ids = operations.map(({ operationId }) => operationId)
  t.true(ids.includes('createToken') && ids.includes('revealToken'))
  t.is(new Set(ids).size, ids.length)
  for (const { operationId, summary, responses } of operations) {
    t.truthy(summary, operationId)
    t.truthy(responses['401']?.content['application/problem+json'], operationId)
  }
})

test('the body of a token is one of three kinds, told apart by type', async (t) => {
  const { paths } = await description()
  const { schema } = paths['/v1/tokens'].post.requestBody.content['application/json']
  t.is(schema.discriminator.propertyName, 'type')
  t.deepEqual(
    schema.oneOf.map(({ title }: { title: string }) => title),
    ['Card', 'Bank account', 'PayPal account'],
  )
})

test('whatever a request may hold is bounded and described, and unknown fields are refused', async (t) => {
  const { paths } = await description()
  const loose: string[] = []
  visit(paths['/v1/tokens'].post.requestBody.content['application/json'].schema, 'createToken', loose)
  visit(paths['/v1/tokens/{tokenId}/reveal'].post.requestBody.content['application/json'].schema, 'revealToken', loose)
  t.deepEqual(loose, [])
})

/** Collects strings and arrays without bound, objects that take unknown fields, and fields without description. */
function visit(schema: Description, path: string, loose: string[]): void {
  const bounded = schema.maxLength !== undefined || schema.enum !== undefined || schema.const !== undefined
  if (schema.type === 'string' && !bounded) loose.push(`${path} has no maxLength`)
  if (schema.type === 'array' && schema.maxItems === undefined) loose.push(`${path} has no maxItems`)
  if (schema.type === 'object' && !schema.oneOf && (schema.additionalProperties ?? true) === true) {
    loose.push(`${path} takes unknown fields`)
  }
  for (const [index, branch] of (schema.oneOf ?? []).entries()) visit(branch, `${path}|${index}`, loose)
  for (const [name, field] of Object.entries({
    ...schema.properties,
    ...(schema.maxProperties && { '*': schema.additionalProperties }),
  })) {
    visit(field, `${path}/${name}`, loose)
  }
}
