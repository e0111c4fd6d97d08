// Prints services/*/openapi.json from the schemas of the routes: `pnpm openapi`. With `--check` it writes nothing, and fails if
// one of them is not what the schemas say.
import { readFile, writeFile } from 'node:fs/promises'
import { join, relative } from 'node:path'
import { diff } from 'node:util'
import { printOpenApi as printInvoicing } from '@kontor/invoicing'
import { printOpenApi as printVault } from '@kontor/vault'
import { REPOSITORY } from './test-server.ts'

const SERVICES = { vault: printVault, invoicing: printInvoicing }

/** A reader sees from so many lines what changed; the rest is the same change in other places. */
const SHOWN_MAX = 20

/** The lines that differ: `-` stands in the committed file, `+` is what the schemas say. */
function differences(committed: string, printed: string): string[] {
  const lines = (diff(committed.split('\n'), printed.split('\n')) as [number, string][])
    .filter(([side]) => side !== 0)
    .map(([side, line]) => `${side === 1 ? '-' : '+'} ${line}`)
  const more = lines.length - SHOWN_MAX
  return more > 0 ? [...lines.slice(0, SHOWN_MAX), `… and ${more} lines more`] : lines
}

const check = process.argv.includes('--check')
let outdated = false
for (const [service, print] of Object.entries(SERVICES)) {
  const file = join(REPOSITORY, 'services', service, 'openapi.json')
  const name = relative(REPOSITORY, file)
  const printed = await print()
  const committed = await readFile(file, 'utf8').catch(() => undefined)
  if (committed === printed) continue
  if (!check) {
    await writeFile(file, printed)
    console.log(`printed ${name}`)
    continue
  }
  outdated = true
  const problem = committed === undefined ? 'is missing' : 'is not what the schemas say'
  console.error(`${name} ${problem}; print it with \`npx -y pnpm@12 openapi\`, and commit it:`)
  for (const line of differences(committed ?? '', printed)) console.error(line)
}
if (outdated) process.exitCode = 1
else console.log('openapi.json of every service is what its schemas say.')
