import { installJobs } from '@kontor/jobs'
import { DATABASES, type DatabaseName, migrate, serviceRole } from '@kontor/postgres'
import { type DatabaseSetting, migrationFolder } from '../config.ts'
import type { Command } from './command.ts'

/** `kontor migrate`: brings the three databases to the newest schema, as their owners. */
export async function migrateDatabases({ config, screen }: Command): Promise<number> {
  // Every setting is looked at before anything is changed.
  const targets = DATABASES.map((name) => ({ name, url: config.required(migrationSetting(name)) }))
  const migrations: Partial<Record<DatabaseName, string[]>> = {}
  for (const { name, url } of targets) {
    migrations[name] = await migrate(url, migrationFolder(name), (line) => screen.say(`${name.padEnd(10)} ${line}`))
  }
  await installJobs(config.required(migrationSetting('invoicing')), serviceRole('invoicing'))
  const run = Object.values(migrations).flat().length
  screen.result({ migrations }, [
    run === 0 ? 'Nothing to do: every database has the newest schema.' : `${run} migrations run.`,
  ])
  return 0
}

export const migrationSetting = (name: DatabaseName): DatabaseSetting =>
  `${name.toUpperCase() as Uppercase<DatabaseName>}_MIGRATION_URL`
