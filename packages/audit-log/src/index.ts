export {
  CHECKPOINT_TYP,
  type Checkpoint,
  formatSinkLine,
  fromPayload,
  InvalidCheckpoint,
  logOf,
  parseSinkLine,
  readUnverified,
  type SinkLine,
  toPayload,
} from './checkpoint.ts'
export type { HeldEntry } from './compare.ts'
export { type Entry, entryOf, entryOfLeaf } from './entry.ts'
export { type AuditedEvent, contentOf, type EventOfLeaf, hashOfLeaf, InvalidLeaf, leafText, parseLeaf } from './leaf.ts'
export { type Finding, type FindingKind, inWords, type LogReport } from './report.ts'
export { readSignedLogs, type SignedLog, type SignedLogs, type VerifySignature } from './signed-log.ts'
export { type HeldLog, verifyLog } from './verify.ts'
