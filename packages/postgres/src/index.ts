export { type Client, quoteName, quoteValue, withClient } from './client.ts'
export { type CoalescerOptions, coalescer, OutcomesDoNotMatch } from './coalescer.ts'
export {
  type CreateDatabasesOptions,
  createDatabases,
  DATABASES,
  type DatabaseName,
  type DatabaseUrls,
  databaseUrls,
  ownerRole,
  RETENTION_ROLE,
  type RolePasswords,
  restrictDatabase,
  serviceRole,
  urlFor,
} from './create-databases.ts'
export { type ConnectOptions, closeAll, connect, type Database, type Db, type Tx } from './database.ts'
export { MigrationFailed, migrate } from './migrate.ts'
export { printSchema } from './print-schema.ts'
export { isUniqueViolation, lostToAnother, outcomeUnknown, sqlstate } from './sqlstate.ts'
export { type TransactionOptions, withTransaction } from './transaction.ts'
