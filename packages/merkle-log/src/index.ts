export {
  appendLeaves,
  decodeFrontier,
  EMPTY_FRONTIER,
  encodeFrontier,
  type Frontier,
  frontierRoot,
} from './frontier.ts'
export { EMPTY_ROOT, HASH_BYTES, leafHash, nodeHash } from './hash.ts'
export { consistencyProof, frontierAt, inclusionProof, treeRoot } from './prove.ts'
export { listOf, type ReadStored, type StoredRange, TILE_HEIGHT, type TileHash } from './stored.ts'
export { type ConsistencyClaim, type InclusionClaim, verifyConsistency, verifyInclusion } from './verify.ts'
