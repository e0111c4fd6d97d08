import { isIP } from 'node:net'
import { type AddressRules, mayReach } from './address.ts'

/** Why a URL is not taken. */
export type UrlFault = 'malformed' | 'https_required' | 'credentials' | 'fragment' | 'port' | 'address'

/** Ports on which the world answers to HTTP. A development machine answers on any. */
const PORTS: Readonly<Record<string, readonly string[]>> = { 'https:': ['', '8443'], 'http:': ['', '8080'] }

/**
 * Judges a URL by what it says; where its name leads to is looked at when a message goes out.
 *
 * @param httpsOnly In live mode.
 * @returns The URL, or what is wrong with it.
 */
export function parseTarget(text: string, httpsOnly: boolean, rules: AddressRules): URL | UrlFault {
  if (!URL.canParse(text)) return 'malformed'
  const url = new URL(text)
  const ports = PORTS[url.protocol]
  if (!ports) return 'malformed'
  if (httpsOnly && url.protocol !== 'https:') return 'https_required'
  if (url.username !== '' || url.password !== '') return 'credentials'
  if (url.hash !== '') return 'fragment'
  if (!rules.loopback && !ports.includes(url.port)) return 'port'
  const host = hostOf(url)
  if (isIP(host) !== 0 && !mayReach(host, rules)) return 'address'
  return url
}

/** The name or address of a URL, an IPv6 address without its brackets. */
export const hostOf = (url: URL): string => url.hostname.replace(/^\[|\]$/g, '')
