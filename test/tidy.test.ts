// The rules of the house. Each is a sentence, a check, trees that break it and one that keeps it; add one where you would
// otherwise say the same thing in a review for the second time.
import test from 'ava'
import { REPOSITORY } from './support/test-server.ts'
import { CODE_RULES } from './tidy/code-rules.ts'
import { DOCUMENT_RULES } from './tidy/document-rules.ts'
import { IMPORT_RULES } from './tidy/import-rules.ts'
import { IMPORTER_RULES } from './tidy/importer-rules.ts'
import { staleExceptions } from './tidy/personal-data.ts'
import type { Rule } from './tidy/rule.ts'
import { SCHEMA_RULES } from './tidy/schema-rules.ts'
import { TEXT_RULES } from './tidy/text-rules.ts'
import { readTree } from './tidy/tree.ts'
import { TREE_RULES } from './tidy/tree-rules.ts'

const tree = readTree(REPOSITORY)

const keeps = test.macro<[rule: Rule]>({
  exec(t, rule) {
    t.deepEqual(rule.check(tree), [])
  },
  title: (_, rule) => rule.because,
})

const canFail = test.macro<[rule: Rule]>({
  exec(t, rule) {
    t.deepEqual(rule.check(rule.innocent), [], 'what keeps the rule is left alone')
    t.true(rule.planted.length > 0)
    for (const planted of rule.planted) {
      const where = planted.map(({ path, text }) => `${path}: ${text.slice(0, 200)}`).join('\n')
      t.not(rule.check(planted).length, 0, `not found in ${where}`)
    }
  },
  title: (_, rule) => `what breaks it is found: ${rule.because}`,
})

for (const rule of [
  ...CODE_RULES,
  ...TEXT_RULES,
  ...IMPORT_RULES,
  ...IMPORTER_RULES,
  ...TREE_RULES,
  ...SCHEMA_RULES,
  ...DOCUMENT_RULES,
]) {
  test(keeps, rule)
  test(canFail, rule)
}

test('no exception to the rule about personal data has outlived its column', (t) => {
  t.deepEqual(staleExceptions(tree), [])
})

test('the rules read a repository, and not an empty folder', (t) => {
  t.true(tree.filter(({ path }) => path.endsWith('.ts')).length > 200)
  t.true(tree.some(({ path }) => path === '.ci/run'))
})
