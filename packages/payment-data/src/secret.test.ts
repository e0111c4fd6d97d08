import { format, inspect } from 'node:util'
import { deserialize, serialize } from 'node:v8'
import test from 'ava'
import fc from 'fast-check'
import { Secret } from './secret.ts'

const ways: Readonly<Record<string, (secret: Secret<unknown>) => unknown>> = {
  'JSON.stringify': (secret) => JSON.stringify({ card: [secret] }),
  'util.inspect': (secret) => inspect({ card: [secret] }, { depth: 9, showHidden: true, getters: true }),
  'util.inspect without our hook': (secret) => inspect(secret, { customInspect: false, showHidden: true }),
  'util.format': (secret) => format('%s %o %O %j %d', secret, secret, secret, secret, secret),
  'a template string': (secret) => `${secret}`,
  'string concatenation': (secret) => `card ${secret as unknown as string}`,
  'String()': (secret) => String(secret),
  toLocaleString: (secret: Secret<unknown>) => secret.toLocaleString(),
  'Array.join': (secret) => [secret, secret].join(),
  'Object.keys': (secret) => Object.keys(secret),
  'Object.entries': (secret) => Object.entries(secret),
  'Reflect.ownKeys': (secret) => Reflect.ownKeys(secret).map(String),
  'for … in': (secret) => {
    const found: unknown[] = []
    for (const key in secret) found.push(key, secret[key as keyof typeof secret])
    return found
  },
  spreading: (secret) => ({ ...secret }),
  structuredClone: (secret) => structuredClone(secret),
  'v8.serialize': (secret) => deserialize(serialize(secret)),
  'an error message': (secret) => new Error(`refused ${secret}`).stack,
}

for (const [name, show] of Object.entries(ways)) {
  test(`${name} does not show a secret`, (t) => {
    t.notThrows(() =>
      fc.assert(
        fc.property(fc.string({ minLength: 8, maxLength: 40, unit: fc.constantFrom(...'0123456789') }), (value) => {
          const shown = show(new Secret(value))
          return !inspect(shown, { depth: 9, showHidden: true }).includes(value) && !String(shown).includes(value)
        }),
      ),
    )
  })
}

test.serial('the console prints [secret], whatever the secret is nested in', (t) => {
  const written: string[] = []
  const { write } = process.stdout
  process.stdout.write = (chunk: string | Uint8Array) => written.push(String(chunk)) > 0
  try {
    console.log(new Secret('4242424242424242'), { deep: { in: [new Secret('4242424242424242')] } })
    console.table([{ pan: new Secret('4242424242424242') }])
    console.dir(new Secret('4242424242424242'), { showHidden: true })
  } finally {
    process.stdout.write = write
  }
  t.true(written.join('').includes('[secret]'))
  t.false(written.join('').includes('4242'))
})

test('reveal gives back the very value', (t) => {
  const value = { some: 'thing' }
  t.is(new Secret(value).reveal(), value)
})

test('a secret serialises as [secret] and not as nothing, so that a reader sees that something was there', (t) => {
  t.is(JSON.stringify({ pan: new Secret('4242424242424242') }), '{"pan":"[secret]"}')
})
