import { Unavailable } from '@kontor/http-api'
import { askVault, type VaultAccess, type VaultOwner } from './ask.ts'

/** What a tenant has to show to a processor. Never logged, and kept for no longer than a minute. */
export type ProcessorCredentials = {
  readonly mode: 'test' | 'live'
  /** Grows when they are replaced. */
  readonly version: number
} & (
  | { readonly processor: 'stripe'; readonly secretKey: string; readonly webhookSecrets: readonly string[] }
  | {
      readonly processor: 'paypal'
      readonly clientId: string
      readonly clientSecret: string
      readonly webhookId: string
    }
)

/**
 * Fetches a tenant's credentials for a processor from the vault, which audits it.
 *
 * @returns `undefined` where nothing is configured.
 * @throws {Unavailable} The vault cannot be asked.
 */
export type CredentialsOf = (
  owner: VaultOwner,
  processor: ProcessorCredentials['processor'],
) => Promise<ProcessorCredentials | undefined>

const TIMEOUT_MS = 5_000

export function vaultCredentials(access: VaultAccess): CredentialsOf {
  return async (owner, processor) => {
    const path = `/v1/processors/${processor}/credentials`
    let answer: unknown
    try {
      const response = await askVault(access, owner, { method: 'GET', path, timeoutMs: TIMEOUT_MS })
      if (response.status !== 200) await response.body?.cancel()
      if (response.status === 404) return undefined
      if (response.status !== 200) throw new Error(`the vault answered ${response.status}`)
      answer = await response.json()
    } catch (cause) {
      if (cause instanceof Unavailable) throw cause
      throw new Unavailable('vault_unavailable', 'the vault', { cause })
    }
    // What it says is not the cause of anything: an error would carry a secret into the log.
    const credentials = readCredentials(answer, processor)
    if (credentials === undefined) throw new Unavailable('vault_unavailable', 'the vault')
    return credentials
  }
}

type Loose = Readonly<Record<string, unknown>>

const isText = (value: unknown): value is string => typeof value === 'string' && value.length > 0

function readCredentials(answer: unknown, processor: 'stripe' | 'paypal'): ProcessorCredentials | undefined {
  if (typeof answer !== 'object' || answer === null) return undefined
  const { processor: named, mode, version, stripe, paypal } = answer as Loose
  if (named !== processor || (mode !== 'test' && mode !== 'live') || typeof version !== 'number') return undefined
  if (processor === 'stripe') {
    const { secret_key: secretKey, webhook_secrets: secrets } = (stripe ?? {}) as Loose
    const isComplete = isText(secretKey) && Array.isArray(secrets) && secrets.every(isText)
    return isComplete ? { processor, mode, version, secretKey, webhookSecrets: secrets } : undefined
  }
  const { client_id: clientId, client_secret: clientSecret, webhook_id: webhookId } = (paypal ?? {}) as Loose
  const isComplete = isText(clientId) && isText(clientSecret) && isText(webhookId)
  return isComplete ? { processor, mode, version, clientId, clientSecret, webhookId } : undefined
}
