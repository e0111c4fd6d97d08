import { isDeepStrictEqual } from 'node:util'
import { must } from './impossible.ts'
import type { InstrumentValue } from './instrument.ts'
import type { RevealField } from './request.ts'
import type { ModelToken } from './state.ts'

// biome-ignore lint/suspicious/noExplicitAny: each request has an answer of its own form.
type Body = any

/**
 * Compares what was answered of a token with what the model knows of it, masked.
 *
 * @throws {Impossible}
 */
export function mustShow(body: Body, token: ModelToken): void {
  must(body?.id === token.id, `must be of ${token.id}`)
  must(body.account_id === token.account && body.type === token.instrument.type, 'must be of its account and type')
  must(body.version === token.version, `must be of version ${token.version}`)
  must(isDeepStrictEqual(body.metadata, token.metadata), `must have the metadata ${JSON.stringify(token.metadata)}`)
  const end = token.expiresAtMs === null ? null : new Date(token.expiresAtMs).toISOString()
  must((body.expires_at ?? null) === end, `must end at ${end}`)
  mustBeMasked(body, token.instrument)
}

function mustBeMasked(body: Body, { type, member }: InstrumentValue): void {
  const number = String(member.number ?? member.iban ?? member.email)
  if (type === 'paypal_account') {
    must(body.paypal_account?.masked_email.endsWith(number.slice(number.indexOf('@'))), 'must show the e-mail, masked')
    return
  }
  must(body[type]?.last_four === number.slice(-4), `must show ${number.slice(-4)}`)
  for (const name of ['expiry_month', 'expiry_year']) {
    must(body[type][name] === member[name], `must show ${name} ${member[name]}`)
  }
}

/** @throws {Impossible} What was revealed is not what the model holds, or not what was asked for. */
export function mustReveal(body: Body, token: ModelToken, fields: readonly RevealField[]): void {
  const { type, member, holder } = token.instrument
  const { id, mode, type: shownType, account_id, ...revealed } = body ?? {}
  must(
    id === token.id && account_id === token.account && shownType === type && mode === 'test',
    `must be of ${token.id}`,
  )
  const asked = Object.entries(member).filter(([name]) => fields.includes(fieldOf(name)))
  const expected = {
    ...(asked.length === 0 ? {} : { [type]: Object.fromEntries(asked) }),
    ...(fields.includes('holder_name') ? { holder: { name: holder } } : {}),
  }
  must(isDeepStrictEqual(revealed, expected), `must reveal ${JSON.stringify(expected)}`)
}

const fieldOf = (name: string) => (name.startsWith('expiry_') ? 'expiry' : name) as RevealField
