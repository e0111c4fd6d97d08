import { randomBytes } from 'node:crypto'
import { bucketSource, formatId } from '@kontor/ids'
import { closeAll, connect } from '@kontor/postgres'
import { Sentence } from '../sentence.ts'
import { ensureTenant, type NewIds } from '../tenants.ts'
import type { Command } from './command.ts'

export const newIds: NewIds = { nowMs: Date.now, random: randomBytes, randomBucket: bucketSource(randomBytes) }

/** `kontor tenant create`: one id, written to both services. May be repeated. */
export async function createTenantInBoth(
  { config, screen }: Command,
  { slug, name }: { readonly slug: string; readonly name: string },
): Promise<number> {
  if (!/^[a-z0-9][a-z0-9-]{0,62}$/.test(slug)) {
    throw new Sentence('A slug is 1 to 63 of a–z, 0–9 and hyphens, and does not begin with a hyphen.')
  }
  if (name.trim() === '' || name.length > 200) throw new Sentence('A name has 1 to 200 characters.')
  const [vault, invoicing] = (['VAULT_MIGRATION_URL', 'INVOICING_MIGRATION_URL'] as const)
    .map((setting) => config.required(setting))
    .map((url) => connect({ url, max: 1, applicationName: 'kontor tenant create' })) as [
    ReturnType<typeof connect>,
    ReturnType<typeof connect>,
  ]
  try {
    const tenant = await ensureTenant({ vault, invoicing }, { slug, name: name.trim() }, newIds)
    const id = formatId('ten', tenant.id)
    screen.result({ id, slug: tenant.slug, name: tenant.name }, [`Tenant ${tenant.slug} (${tenant.name}) is ${id}.`])
    return 0
  } finally {
    await closeAll(vault, invoicing)
  }
}
