import type { Principal } from '@kontor/http-api'
import type { Deps } from '../deps.ts'
import { findByName } from '../names/unique-name.ts'
import { OwnInvoice } from './errors.ts'

/** @throws {OwnInvoice} The number is one that the issuer drew here. */
export async function refuseOwn(deps: Deps, actor: Principal, issuerId: string, number: string): Promise<void> {
  const ours = await findByName(deps.database, { ...actor, kind: 'document_number', value: `${issuerId}/${number}` })
  if (ours !== undefined) throw new OwnInvoice().at('/preceding_invoice/number')
}
