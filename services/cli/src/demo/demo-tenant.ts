import { closeAll, connect, type DatabaseUrls } from '@kontor/postgres'
import { SERVICE_KEY_SCOPES } from '@kontor/vault'
import { ensureApiKey, ensureTenant, type NewIds } from '../tenants.ts'
import type { Secrets } from './secrets.ts'

export const DEMO_TENANT = { slug: 'demo', name: 'Demo' } as const

/** Makes the demo's tenant and lets its keys in: an admin's for each service, and the one that invoicing shows to the vault. */
export async function ensureDemoTenant(urls: DatabaseUrls, keys: Secrets['api_keys'], ids: NewIds): Promise<void> {
  const owner = (url: string) => connect({ url, max: 1, applicationName: 'kontor start' })
  const [vault, invoicing] = [owner(urls.vault.migrationUrl), owner(urls.invoicing.migrationUrl)]
  try {
    const tenant = await ensureTenant({ vault, invoicing }, DEMO_TENANT, ids)
    const admin = {
      tenantId: tenant.id,
      mode: 'test',
      role: 'admin',
      scopes: [],
      purposes: [],
      expiresAt: null,
    } as const
    await ensureApiKey(vault.knex, keys.vault, { ...admin, name: 'demo' }, ids)
    await ensureApiKey(invoicing.knex, keys.invoicing, { ...admin, name: 'demo' }, ids)
    await ensureApiKey(
      vault.knex,
      keys.vault_service,
      { ...admin, tenantId: null, role: 'invoicing', scopes: SERVICE_KEY_SCOPES, name: 'invoicing service' },
      ids,
    )
  } finally {
    await closeAll(vault, invoicing)
  }
}
