import { createHmac } from 'node:crypto'

/** A message as it goes out: whoever gets it several times knows it by its id. */
export interface Message {
  /** Without a full stop. */
  readonly id: string
  readonly body: string
}

/**
 * @param secrets What to sign with: the newest, and while keys overlap the one before as well.
 * @param at Of this attempt. Receivers refuse what is older than some minutes.
 * @returns The headers that a message is verified by.
 * @see Standard Webhooks, "Signature scheme" (standardwebhooks.com)
 */
export function signatureHeaders({ id, body }: Message, secrets: readonly Buffer[], at: Date): Record<string, string> {
  const timestamp = String(Math.floor(at.getTime() / 1000))
  const signatures = secrets.map(
    (secret) => `v1,${createHmac('sha256', secret).update(`${id}.${timestamp}.${body}`).digest('base64')}`,
  )
  return { 'webhook-id': id, 'webhook-timestamp': timestamp, 'webhook-signature': signatures.join(' ') }
}
