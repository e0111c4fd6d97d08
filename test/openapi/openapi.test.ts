import { printOpenApi as printInvoicing } from '@kontor/invoicing'
import { printOpenApi as printVault } from '@kontor/vault'
import { Validator } from '@seriousme/openapi-schema-validator'
import { Ajv2020 } from 'ajv/dist/2020.js'
import test from 'ava'
import { type Json, openApiFaults, schemasOf } from './rules.ts'

const isOpenApi31 = test.macro<[print: () => Promise<string>]>({
  async exec(t, print) {
    const description: Json = JSON.parse(await print())
    t.is(description.openapi, '3.1.0')
    const { valid, errors } = await new Validator().validate(structuredClone(description))
    t.true(valid, JSON.stringify(errors))
    // The official schema of OpenAPI leaves the inside of a Schema Object open: that is JSON Schema 2020-12.
    const ajv = new Ajv2020({ strict: false, validateFormats: false })
    for (const [at, schema] of schemasOf(description)) {
      t.true(ajv.validateSchema(schema), `${at}: ${ajv.errorsText()}`)
    }
  },
  title: (api) => `${api} is described by a valid OpenAPI 3.1 document`,
})
test('the API of the vault', isOpenApi31, printVault)
test('the API of invoicing', isOpenApi31, printInvoicing)

const keepsTheRules = test.macro<[print: () => Promise<string>]>({
  async exec(t, print) {
    const description: Json = JSON.parse(await print())
    t.true(Object.keys(description.paths).length > 0)
    t.deepEqual(openApiFaults(description), [])
  },
  title: (service) => `in the API of ${service} every operation is named, every field described, every request bounded`,
})
test('the vault', keepsTheRules, printVault)
test('invoicing', keepsTheRules, printInvoicing)

test('printing a description twice gives the same bytes', async (t) => {
  t.is(await printVault(), await printVault())
  t.is(await printInvoicing(), await printInvoicing())
})

/** An API with one operation that keeps every rule. */
const sound = (): Json => ({
  openapi: '3.1.0',
  info: { title: 'Sound', version: '1' },
  components: { schemas: { Note: { type: 'string', maxLength: 10, description: 'A note.' } } },
  paths: {
    '/v1/things': {
      post: {
        operationId: 'createThing',
        summary: 'Make a thing',
        tags: ['Things'],
        parameters: [{ in: 'query', name: 'mode', schema: { type: 'string', enum: ['a'], description: 'Which.' } }],
        requestBody: {
          content: {
            'application/json': {
              schema: {
                type: 'object',
                properties: {
                  name: { type: 'string', maxLength: 10, description: 'Its name.' },
                  notes: {
                    type: 'array',
                    maxItems: 2,
                    description: 'Notes.',
                    items: { $ref: '#/components/schemas/Note' },
                  },
                  maybe: { anyOf: [{ type: 'string', maxLength: 5, description: 'Or nothing.' }, { type: 'null' }] },
                },
              },
            },
          },
        },
        responses: {
          201: {
            description: 'Made.',
            content: {
              'application/json': {
                schema: { type: 'object', properties: { id: { type: 'string', description: 'Its id.' } } },
              },
            },
          },
        },
      },
    },
  },
})

const operationOf = (description: Json) => description.paths['/v1/things'].post
const bodyOf = (description: Json) => operationOf(description).requestBody.content['application/json'].schema.properties

const finds = test.macro<[spoil: (description: Json) => unknown, because: RegExp]>({
  exec(t, spoil, because) {
    t.deepEqual(openApiFaults(sound()), [])
    const description = sound()
    spoil(description)
    const faults = openApiFaults(description)
    t.is(faults.length, 1)
    t.regex(faults[0] ?? '', because)
  },
  title: (what) => `a description with ${what} is found`,
})
test('an operation without id', finds, (d) => delete operationOf(d).operationId, /has no operationId/)
test('an operation without summary', finds, (d) => delete operationOf(d).summary, /has no summary/)
test('an operation without tag', finds, (d) => operationOf(d).tags.pop(), /has no tag/)
test(
  'two operations of one id',
  finds,
  (d) => Object.assign(d.paths, { '/v1/others': structuredClone(d.paths['/v1/things']) }),
  /operationId of another/,
)
test(
  'a parameter nobody described',
  finds,
  (d) => delete operationOf(d).parameters[0].schema.description,
  /parameter mode has no description/,
)
test('a string without bound', finds, (d) => delete bodyOf(d).name.maxLength, /\.name is a string without bound/)
test('an array without bound', finds, (d) => delete bodyOf(d).notes.maxItems, /\.notes is an array without bound/)
test(
  'a string without bound inside an array',
  finds,
  (d) => delete d.components.schemas.Note.maxLength,
  /\.notes\[\] is a string without bound/,
)
test(
  'a string without bound that may be null',
  finds,
  (d) => delete bodyOf(d).maybe.anyOf[0].maxLength,
  /\.maybe is a string without bound/,
)
test('a field nobody described', finds, (d) => delete bodyOf(d).name.description, /\.name has no description/)
test(
  'a field of an answer nobody described',
  finds,
  (d) => delete operationOf(d).responses[201].content['application/json'].schema.properties.id.description,
  /201\.id has no description/,
)
