import test from 'ava'
import fc from 'fast-check'
import { hasDuplicateField } from './json-names.ts'

const repeats = test.macro<[json: string]>({
  exec(t, json) {
    t.notThrows(() => JSON.parse(json))
    t.true(hasDuplicateField(json))
  },
  title: (_given, json) => `a name stands twice in ${json}`,
})
test(repeats, '{"a":1,"a":1}')
test(repeats, '{"a":1,"b":{"a":2},"a":3}')
test(repeats, '[0,{"x":{"a":[{"a":1}],"a":2}}]')
test(repeats, '{"a":1,"\\u0061":2}')
test(repeats, '{"\\\\":1, "\\\\" :2}')
test(repeats, '{"":1,"":2}')
test(repeats, '{"a"\n\t :1,"a"\r:2}')
test(repeats, '{"__proto__":1,"__proto__":2}')
test(repeats, '{"\\"":":","\\"":"}"}')

const repeatsNot = test.macro<[json: string]>({
  exec(t, json) {
    t.notThrows(() => JSON.parse(json))
    t.false(hasDuplicateField(json))
  },
  title: (_given, json) => `no name stands twice in ${json}`,
})
test(repeatsNot, '{"a":"a","b":"a"}')
test(repeatsNot, '{"a":{"a":{"a":1}},"b":[{"a":1},{"a":1}]}')
test(repeatsNot, '["a","a"]')
test(repeatsNot, '{"a":"{\\"b\\":1,\\"b\\":2}"}')
test(repeatsNot, '{"a":"\\\\","b":"\\\\\\""}')
test(repeatsNot, '"a"')
test(repeatsNot, '17')
test(repeatsNot, '{}')

test('whatever JSON.stringify writes has no name twice; with one object written twice over, it has', (t) => {
  t.notThrows(() =>
    fc.assert(
      fc.property(fc.jsonValue(), fc.string(), fc.jsonValue(), (value, name, other) => {
        const text = JSON.stringify(value)
        const doubled = `{${JSON.stringify(name)}:${text},"${'x'.repeat(name.length + 1)}":[${text}],${JSON.stringify(name)}:${JSON.stringify(other)}}`
        return !hasDuplicateField(text) && hasDuplicateField(doubled)
      }),
    ),
  )
})
