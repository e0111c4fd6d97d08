import { BlockList, isIP } from 'node:net'

/**
 * Networks that no message goes to: what is private, of one machine or link, for documentation, for many, or a way to write any of these
 * in another family.
 *
 * @see IANA IPv4 and IPv6 Special-Purpose Address Registries (RFC 6890)
 */
const FORBIDDEN: readonly (readonly [address: string, prefix: number])[] = [
  ['0.0.0.0', 8],
  ['10.0.0.0', 8],
  ['100.64.0.0', 10], // carriers
  ['127.0.0.0', 8],
  ['169.254.0.0', 16], // link, and the metadata of clouds
  ['172.16.0.0', 12],
  ['192.0.0.0', 24],
  ['192.0.2.0', 24],
  ['192.31.196.0', 24],
  ['192.52.193.0', 24],
  ['192.88.99.0', 24], // 6to4 relays
  ['192.168.0.0', 16],
  ['192.175.48.0', 24],
  ['198.18.0.0', 15],
  ['198.51.100.0', 24],
  ['203.0.113.0', 24],
  ['224.0.0.0', 4], // multicast
  ['240.0.0.0', 4],
]

/** In IPv6 only what is assigned for the world counts, without those that carry another address in themselves. */
const GLOBAL: readonly [address: string, prefix: number] = ['2000::', 3]
const NOT_GLOBAL: readonly (readonly [address: string, prefix: number])[] = [
  ['2001::', 23], // Teredo, benchmarks, ORCHID
  ['2001:db8::', 32],
  ['2002::', 16], // 6to4: an IPv4 address is inside
  ['3fff::', 20],
]

const forbidden = new BlockList()
for (const [address, prefix] of FORBIDDEN) forbidden.addSubnet(address, prefix, 'ipv4')
const global = new BlockList()
global.addSubnet(...GLOBAL, 'ipv6')
const notGlobal = new BlockList()
for (const [address, prefix] of NOT_GLOBAL) notGlobal.addSubnet(address, prefix, 'ipv6')
const loopback = new BlockList()
loopback.addSubnet('127.0.0.0', 8, 'ipv4')
loopback.addAddress('::1', 'ipv6')

/** Where a process sends to besides the world. */
export interface AddressRules {
  /** This machine itself: for development and tests, never where strangers name the addresses. */
  readonly loopback: boolean
}

/**
 * Whether a message may be sent to an address.
 *
 * @param address As a resolver answers it; anything else is refused.
 */
export function mayReach(address: string, rules: AddressRules): boolean {
  const version = isIP(address)
  // A zone names an interface of this machine.
  if (version === 0 || address.includes('%')) return false
  if (version === 4) {
    return !forbidden.check(address, 'ipv4') || (rules.loopback && loopback.check(address, 'ipv4'))
  }
  if (address === '::1') return rules.loopback
  return global.check(address, 'ipv6') && !notGlobal.check(address, 'ipv6')
}
