import test from 'ava'
import { createLogger } from './logger.ts'
import { buildServer } from './server.ts'

const inner = (fields: Record<string, object>) => ({
  type: 'object',
  required: Object.keys(fields),
  properties: fields,
  additionalProperties: false,
})
const text = { type: 'string', maxLength: 10 }

/** The errors that a caller sees for a body of two kinds, one of which has two forms. */
async function errorsOf(body: object): Promise<{ path: string; code: string }[]> {
  const app = await buildServer({
    title: 'Test',
    description: '',
    version: '1',
    logger: createLogger('test', 'silent'),
    monotonicMs: () => 0,
    authenticate: async () => ({
      keyId: '',
      tenantId: '',
      mode: 'test',
      role: '',
      scopes: new Set(['write']),
      purposes: new Set<string>(),
    }),
    ready: async () => {},
  })
  const schema = {
    body: {
      type: 'object',
      required: ['type'],
      discriminator: { propertyName: 'type' },
      oneOf: [
        inner({ type: { const: 'card' }, number: text }),
        inner({
          type: { const: 'bank' },
          accounts: {
            type: 'array',
            items: { oneOf: [inner({ iban: text }), inner({ routing: text, account: text })] },
          },
        }),
      ],
    },
  }
  app.post('/v1/things', { schema, config: { scope: 'write', idempotency: 'none' } }, async () => ({}))
  const response = await app.inject({
    method: 'POST',
    url: '/v1/things',
    headers: { authorization: 'Bearer key' },
    payload: body,
  })
  await app.close()
  const errors = (response.json().errors ?? []) as { path: string; code: string }[]
  return errors.map(({ path, code }) => ({ path, code }))
}

const answers = test.macro({
  exec: async (t, body: object, errors: [path: string, code: string][]) => {
    t.deepEqual(
      await errorsOf(body),
      errors.map(([path, code]) => ({ path, code })),
    )
  },
  title: (_given, body) => `the errors of ${JSON.stringify(body)} speak of what was meant`,
})

test(answers, {}, [['/type', 'missing_field']])
test(answers, { type: 'cash' }, [['/type', 'not_allowed_value']])
test(answers, { type: 'card' }, [['/number', 'missing_field']])
test(answers, { type: 'card', number: 5 }, [['/number', 'wrong_type']])
test(answers, { type: 'card', number: '12345678901' }, [['/number', 'too_long']])
test(answers, { type: 'bank', accounts: [{ iban: 5 }] }, [['/accounts/0/iban', 'wrong_type']])
test(answers, { type: 'bank', accounts: [{}] }, [['/accounts/0/iban', 'missing_field']])
test(answers, { type: 'bank', accounts: [{ routing: 'a' }] }, [['/accounts/0/account', 'missing_field']])
test(answers, { type: 'bank', accounts: [{ iban: 'a' }, { routing: 'a', account: 5 }] }, [
  ['/accounts/1/account', 'wrong_type'],
])
test(answers, { type: 'card', number: '1', '4242424242424242': 1 }, [['', 'unknown_field']])
