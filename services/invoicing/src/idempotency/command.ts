import { createHmac } from 'node:crypto'
import { type Bucket, bucketFromBytes } from '@kontor/ids'
import canonicalize from 'canonicalize'

/** One intent of a caller: what is to be done, under which name. */
export interface Intent {
  readonly tenantId: string
  readonly mode: 'test' | 'live'
  /** Method and route template, such as `POST /v1/quotes`. */
  readonly operation: string
  /** The account or object that the write belongs to; empty where there is none yet. */
  readonly parentId: string
  readonly idempotencyKey: string
  /** The request as it was read: body and whatever else decides what is done. */
  readonly request: unknown
}

/** What of an intent is stored: keyed digests, so that neither a key nor a body can be guessed from a backup. */
export interface IntentDigest {
  /** Where the retry finds it. */
  readonly bucket: Bucket
  /** 32 bytes. */
  readonly keyHmac: Buffer
  /** 32 bytes; another request under the same key has another one. */
  readonly requestHmac: Buffer
}

/**
 * @param secret At least 32 bytes, the same in every process of the service.
 * @param bucket Of the parent; without one it comes from the key, so that a retry finds its shard.
 * @see RFC 8785 for the canonical form of the request.
 */
export function digestIntent(secret: Buffer, intent: Intent, bucket?: Bucket): IntentDigest {
  const scope = [intent.tenantId, intent.mode, intent.operation, intent.parentId, intent.idempotencyKey]
  const keyHmac = createHmac('sha256', secret)
    .update(JSON.stringify(['idempotency-key', ...scope]))
    .digest()
  const requestHmac = createHmac('sha256', secret)
    .update('request\0')
    .update(canonicalize(intent.request) ?? 'null')
    .digest()
  return { bucket: bucket ?? bucketFromBytes(keyHmac), keyHmac, requestHmac }
}
