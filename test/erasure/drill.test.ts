import test from 'ava'
import { drill, type Finding } from './drill.ts'

test('who is erased stays erased: with cached keys, after restores of either database, and after a kill in the middle', async (t) => {
  t.timeout(600_000)
  const lines: string[] = []
  let findings: Finding[] = []
  try {
    findings = await drill(
      () => {},
      (line) => lines.push(line),
    )
  } catch (error) {
    t.log(lines.join('\n'))
    throw error
  }
  t.deepEqual(
    findings.filter(({ holds }) => !holds),
    [],
  )
  const steps = findings.map(({ step }) => step)
  t.is(new Set(steps).size, steps.length)
  t.true(findings.length >= 20)
})
