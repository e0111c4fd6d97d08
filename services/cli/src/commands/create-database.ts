import {
  createDatabases,
  DATABASES,
  type DatabaseName,
  ownerRole,
  type RolePasswords,
  serviceRole,
} from '@kontor/postgres'
import type { Config, DatabaseSetting } from '../config.ts'
import { Sentence } from '../sentence.ts'
import type { Command } from './command.ts'
import { migrationSetting } from './migrate.ts'

/**
 * `kontor database create`: makes the roles and databases that the six URLs of the services' configuration name, with the
 * passwords that stand in them. The configuration is written once, and this makes it true.
 */
export async function createAllDatabases({ config, screen }: Command): Promise<number> {
  const adminUrl = config.required('POSTGRES_ADMIN_URL')
  const passwords = Object.fromEntries(
    DATABASES.map((name) => [
      name,
      {
        owner: passwordIn(config, migrationSetting(name), name, ownerRole(name)),
        service: passwordIn(config, databaseSetting(name), name, serviceRole(name)),
      },
    ]),
  ) as unknown as RolePasswords
  await createDatabases(adminUrl, passwords)
  const databases = DATABASES.map((name) => `kontor_${name}`)
  screen.result({ databases }, [`${databases.join(', ')} are there, with their roles. Next: kontor migrate.`])
  return 0
}

/** The roles and databases have fixed names, because migrations grant by name. */
function passwordIn(config: Config, setting: DatabaseSetting, name: DatabaseName, role: string): string {
  const { username, password, pathname } = new URL(config.required(setting))
  if (decodeURIComponent(username) !== role || pathname !== `/kontor_${name}` || password === '') {
    throw new Sentence(`${setting} must be a URL like postgresql://${role}:password@host:5432/kontor_${name}.`)
  }
  return decodeURIComponent(password)
}

const databaseSetting = (name: DatabaseName): DatabaseSetting =>
  `${name.toUpperCase() as Uppercase<DatabaseName>}_DATABASE_URL`
