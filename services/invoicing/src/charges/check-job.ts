import type { Charge } from './charge.ts'

/** The task of the job queue that finds out what became of a charge. */
export const CHARGE_TASK = 'charge.check'

/** What that job is told. */
export interface CheckJob {
  readonly tenant_id: string
  readonly mode: 'test' | 'live'
  readonly charge_id: string
  /** How often the processor has been asked. */
  readonly times: number
}

export function jobOf({ tenant_id, mode, id }: Charge, times: number) {
  const payload: CheckJob = { tenant_id, mode, charge_id: id, times }
  return { payload: { ...payload }, key: `charge:${id}` }
}
