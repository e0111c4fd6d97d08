import { existsSync, readdirSync, readFileSync, realpathSync } from 'node:fs'
import { join, relative } from 'node:path'

/**
 * Reads every file below the folders of a demo: logs, PDFs, CSV, summary, keystore, and of PostgreSQL all it has, tables, indexes,
 * write-ahead log and server log. A file is read as a whole; none is larger than a segment of 16 MB by much.
 */
export function readFiles(home: string, look: (where: string, content: Buffer) => void): void {
  // For root the database is kept elsewhere, and a link leads to it.
  const link = join(home, 'postgres/cluster')
  const cluster = existsSync(link) ? realpathSync(link) : link
  for (const [folder, name] of [
    [home, 'home'],
    [cluster, 'cluster'],
  ] as const) {
    for (const entry of readdirSync(folder, { recursive: true, withFileTypes: true })) {
      const file = join(entry.parentPath, entry.name)
      // A walk through the home follows the link, or finds the cluster in its place: it is walked through by itself.
      if (!entry.isFile() || (name === 'home' && file.startsWith(`${link}/`))) continue
      look(`${name}/${relative(folder, file)}`, readFileSync(file))
    }
  }
}
