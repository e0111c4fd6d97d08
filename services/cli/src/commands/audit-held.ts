import { type HeldLog, type LogReport, type SignedLog, type SignedLogs, verifyLog } from '@kontor/audit-log'

/**
 * Verifies each log that is held, and each that was signed.
 *
 * @param held By the name that checkpoints give a log: tenant and mode.
 * @param options.onlyHeld What is held is one tenant's part: nothing is said of other logs that were signed.
 */
export function verifyHeld(
  signed: SignedLogs,
  held: ReadonlyMap<string, HeldLog>,
  { onlyHeld }: { readonly onlyHeld: boolean },
): LogReport[] {
  const names = new Set([...held.keys(), ...(onlyHeld ? [] : signed.logs.keys())])
  return [...names].sort().map((name) => {
    const mine = held.get(name) ?? NOTHING
    const log = signed.logs.get(name)
    return verifyLog(log ?? unsigned(name), log || mine.entries.length === 0 ? mine : withoutCheckpoint(mine))
  })
}

const NOTHING: HeldLog = { entries: [], findings: [], forged: [], unsealed: 0 }

function unsigned(name: string): SignedLog {
  const [tenant = '', mode = ''] = name.split(' ')
  return { tenant, mode, checkpoints: [], leaves: [], notes: [], findings: [] }
}

function withoutCheckpoint(held: HeldLog): HeldLog {
  const detail = 'there are entries, and the sink says nothing of this log'
  return { ...held, findings: [...held.findings, { kind: 'difference', seq: 0, detail }] }
}
