// Prints db/*/schema.sql from the migrations beside them: `pnpm schema`. With `--check` it writes nothing, and fails if one of
// them is not what the migrations make.
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { diff } from 'node:util'
import { DATABASES, printSchema } from '@kontor/postgres'
import { makeTemplates, migrationsOf, openTestServer } from './test-server.ts'

async function printAll(): Promise<Map<string, string>> {
  // Always the packaged server: another version would print a few things in other words.
  const server = await openTestServer(undefined, (line) => console.error(line))
  try {
    const urls = await makeTemplates(server)
    const printed = new Map<string, string>()
    for (const name of DATABASES) {
      printed.set(join(migrationsOf(name), 'schema.sql'), await printSchema(urls[name].migrationUrl))
    }
    return printed
  } finally {
    await server.close()
  }
}

/** The lines that differ: `-` stands in the committed file, `+` is what the migrations make. */
function differences(committed: string, printed: string): string[] {
  return (diff(committed.split('\n'), printed.split('\n')) as [number, string][])
    .filter(([side]) => side !== 0)
    .map(([side, line]) => `${side === 1 ? '-' : '+'} ${line}`)
}

const check = process.argv.includes('--check')
for (const [file, printed] of await printAll()) {
  const committed = await readFile(file, 'utf8').catch(() => '')
  if (committed === printed) continue
  if (check) {
    console.error(`${file} is not what the migrations make; print it with \`npx -y pnpm@12 schema\`:`)
    for (const line of differences(committed, printed)) console.error(line)
    process.exitCode = 1
  } else {
    await writeFile(file, printed)
    console.log(`printed ${file}`)
  }
}
if (process.exitCode !== 1) console.log('schema.sql of every database is what its migrations make.')
