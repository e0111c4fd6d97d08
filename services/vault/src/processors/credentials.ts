import type { Mode } from '@kontor/http-api'
import { stripeKeyMode } from '@kontor/processors'
import { CredentialsMalformed, ModeMismatch } from './errors.ts'

/** Those that take credentials; the test processor takes none. */
export const CONFIGURED_PROCESSORS = ['stripe', 'paypal'] as const
export type ConfiguredProcessor = (typeof CONFIGURED_PROCESSORS)[number]

/** A tenant's access to one processor, in the words of the wire: there is the member that the processor is called. */
export interface Credentials {
  readonly stripe?: { readonly secret_key: string; readonly webhook_secrets: readonly string[] }
  readonly paypal?: { readonly client_id: string; readonly client_secret: string; readonly webhook_id: string }
}

/** What may be shown of them to whoever looks after them. */
export interface MaskedCredentials {
  readonly stripe?: { readonly secret_key: string; readonly webhook_secrets: number }
  readonly paypal?: { readonly client_id: string; readonly webhook_id: string }
}

const WEBHOOK_SECRET = /^whsec_[\x21-\x7e]{8,}$/
/** Both travel as one text, with a colon in between (RFC 7617). */
const CLIENT_ID = /^[\x21-\x39\x3b-\x7e]+$/
const PRINTABLE = /^[\x21-\x7e]+$/

/**
 * @throws {ModeMismatch} A key of the other mode; PayPal's look alike in both.
 * @throws {CredentialsMalformed} Something that the processor cannot have given. No refusal repeats what was sent.
 */
export function checkCredentials({ stripe, paypal }: Credentials, mode: Mode): void {
  if (stripe) {
    const keyMode = stripeKeyMode(stripe.secret_key)
    if (keyMode === undefined) throw new CredentialsMalformed('sk_test_…').at('/stripe/secret_key')
    if (keyMode !== mode) throw new ModeMismatch(mode).at('/stripe/secret_key')
    const wrong = stripe.webhook_secrets.findIndex((secret) => !WEBHOOK_SECRET.test(secret))
    if (wrong !== -1) throw new CredentialsMalformed('whsec_…').at(`/stripe/webhook_secrets/${wrong}`)
  }
  if (paypal) {
    if (!CLIENT_ID.test(paypal.client_id)) throw new CredentialsMalformed('a client id').at('/paypal/client_id')
    if (!PRINTABLE.test(paypal.client_secret)) throw new CredentialsMalformed('a secret').at('/paypal/client_secret')
    if (!PRINTABLE.test(paypal.webhook_id)) throw new CredentialsMalformed('a webhook id').at('/paypal/webhook_id')
  }
}

/** Of a key its kind and its last four characters, as the processors' own pages show it. */
export function maskCredentials({ stripe, paypal }: Credentials): MaskedCredentials {
  return {
    ...(stripe && {
      stripe: {
        secret_key: `${/^[rs]k_(test|live)_/.exec(stripe.secret_key)?.[0] ?? ''}••••${stripe.secret_key.slice(-4)}`,
        webhook_secrets: stripe.webhook_secrets.length,
      },
    }),
    ...(paypal && { paypal: { client_id: `••••${paypal.client_id.slice(-4)}`, webhook_id: paypal.webhook_id } }),
  }
}
