// Shows on your machine that an erased customer stays erased: `pnpm drill:erasure`.
import { drill } from './drill.ts'

const startedAt = performance.now()
const seconds = () => `${((performance.now() - startedAt) / 1000).toFixed(1).padStart(6)} s`

try {
  const findings = await drill(
    ({ step, seen, holds }) => console.log(`${seconds()}  ${holds ? 'holds ' : 'BROKEN'}  ${step}: ${seen}`),
    (line) => console.log(`${seconds()}          ${line}`),
  )
  const broken = findings.filter(({ holds }) => !holds).length
  console.log(
    broken === 0
      ? `\nAll ${findings.length} findings hold.`
      : `\n${broken} of ${findings.length} findings do not hold.`,
  )
  process.exitCode = broken === 0 ? 0 : 1
} catch (error) {
  console.error(error instanceof Error && error.name === 'CannotStart' ? error.message : error)
  process.exitCode = 1
}
