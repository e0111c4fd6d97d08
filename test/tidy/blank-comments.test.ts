import test from 'ava'
import { blankComments } from './blank-comments.ts'

const becomes = test.macro<[text: string, expected: string]>({
  exec(t, text, expected) {
    t.is(blankComments(text).trimEnd(), expected)
    t.is(blankComments(text).length, text.length, 'every line and column stays where it was')
  },
  title: (what) => `${what} is told apart`,
})
test('a comment behind code', becomes, 'a() // b()', 'a()')
test(
  'a comment over several lines',
  becomes,
  'a()\n/* b()\n * c() */ d()',
  `a()\n${' '.repeat(6)}\n${' '.repeat(9)} d()`,
)
test('an address in a string', becomes, "a('https://b') // c", "a('https://b')")
test('a quote inside a string', becomes, "a('\\'//') // b", "a('\\'//')")
test('two slashes in a template', becomes, 'a(`//b`) // c', 'a(`//b`)')
test('two slashes in a regular expression', becomes, 'a(/[/]\\/\\//) // b', 'a(/[/]\\/\\//)')
test('a quote in a regular expression', becomes, "const a = /'/ // b", "const a = /'/")
test('a division', becomes, 'a / b // c / d', 'a / b')
test('an apostrophe in a comment', becomes, "// it's\na('b')", "       \na('b')")
