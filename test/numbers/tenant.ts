import { randomBytes } from 'node:crypto'
import { generateApiKey } from '@kontor/api-key'
import { newUuid, toBucket } from '@kontor/ids'
import { connect } from '@kontor/postgres'
import { createApiKey, createTenant } from '@kontor/tenancy'

/**
 * Makes a tenant with one key, as `kontor tenant create` does.
 *
 * @param migrationUrl Of the invoicing database.
 * @returns The text of an API key of the role admin.
 */
export async function makeTenant(migrationUrl: string): Promise<string> {
  const owner = connect({ url: migrationUrl, max: 1, applicationName: 'numbers-setup' })
  try {
    const newId = () => newUuid(toBucket(0), Date.now(), randomBytes)
    const tenant = await createTenant(owner.knex, { id: newId(), slug: 'numbers', name: 'Numbers' })
    const key = generateApiKey({ service: 'invoicing', mode: 'test', random: randomBytes })
    await createApiKey(owner.knex, {
      id: newId(),
      key,
      tenantId: tenant.id,
      mode: 'test',
      name: 'numbers',
      role: 'admin',
      scopes: [],
      purposes: [],
      expiresAt: null,
    })
    return key.text
  } finally {
    await owner.close()
  }
}
