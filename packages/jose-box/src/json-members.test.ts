import test from 'ava'
import fc from 'fast-check'
import { hasDuplicateMembers } from './json-members.ts'

const cases: [json: string, duplicates: boolean][] = [
  ['{}', false],
  ['{"alg":"dir","enc":"A256GCM"}', false],
  ['{"alg":"dir","alg":"none"}', true],
  ['{"alg":"dir","\\u0061lg":"none"}', true],
  ['{"a":{"x":1},"b":{"x":1}}', false],
  ['{"a":{"x":1,"x":2}}', true],
  ['{"a":[{"x":1},{"x":2}],"b":["a","a","b:"]}', false],
  ['{"a":"a","b":"a"}', false],
  ['{"a":"\\"b\\":","b":1}', false],
  ['{"a":"}","a":1}', true],
  ['{"a" : 1 , "a"\n: 2}', true],
  ['{"__proto__":1,"__proto__":2}', true],
]
for (const [json, duplicates] of cases) {
  test(`${json} ${duplicates ? 'names a member twice' : 'names each member once'}`, (t) => {
    t.is(hasDuplicateMembers(json), duplicates)
  })
}

test('no JSON that JSON.stringify writes has duplicate members', (t) => {
  t.notThrows(() =>
    fc.assert(fc.property(fc.jsonValue({ maxDepth: 4 }), (value) => !hasDuplicateMembers(JSON.stringify(value)))),
  )
})

test('a member written once more at the end is always found', (t) => {
  const objects = fc.dictionary(fc.string(), fc.jsonValue({ maxDepth: 2 }), { minKeys: 1 })
  t.notThrows(() =>
    fc.assert(
      fc.property(objects, fc.nat(), (object, n) => {
        const names = Object.keys(object)
        const again = JSON.stringify(names[n % names.length])
        return hasDuplicateMembers(`${JSON.stringify(object).slice(0, -1)},${again}:0}`)
      }),
    ),
  )
})
