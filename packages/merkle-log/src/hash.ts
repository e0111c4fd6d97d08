import { hash } from 'node:crypto'

/** The length of every hash of the tree: SHA-256. */
export const HASH_BYTES = 32

/** The root of a tree without leaves: the hash of nothing (RFC 9162, 2.1.1). */
export const EMPTY_ROOT: Buffer = hash('sha256', '', 'buffer')

/** Leaves and nodes are hashed with another byte in front each, so that no node can be passed off as a leaf. */
const LEAF_PREFIX = Buffer.of(0x00)
const NODE_PREFIX = Buffer.of(0x01)

/**
 * @param content What the leaf stands for, of any length.
 * @returns 32 bytes.
 * @see RFC 9162, 2.1.1
 */
export function leafHash(content: Uint8Array): Buffer {
  return hash('sha256', Buffer.concat([LEAF_PREFIX, content]), 'buffer')
}

/**
 * @param left The hash of the left subtree, 32 bytes; `right` that of the right one.
 * @returns 32 bytes.
 * @see RFC 9162, 2.1.1
 */
export function nodeHash(left: Uint8Array, right: Uint8Array): Buffer {
  return hash('sha256', Buffer.concat([NODE_PREFIX, left, right]), 'buffer')
}
