import { BlockList, isIP } from 'node:net'
import type { SourceNetworks } from '@kontor/http-api'

/** Not an address or a network. The message is for whoever typed it. */
export class InvalidNetwork extends Error {
  override readonly name = 'InvalidNetwork'
}

/**
 * Reads a network.
 *
 * @param text An address (`192.0.2.7`, `2001:db8::7`) or a network in CIDR notation (`192.0.2.0/24`, `2001:db8::/32`).
 * @throws {InvalidNetwork}
 * @see RFC 4632, 3.1; RFC 4291, 2.3
 */
export function parseNetwork(text: string): { address: string; prefix: number; family: 'ipv4' | 'ipv6' } {
  const [, address = '', digits] = /^([0-9A-Fa-f.:]{2,45})(?:\/(\d{1,3}))?$/.exec(text) ?? []
  const version = isIP(address)
  const bits = version === 4 ? 32 : 128
  const prefix = digits === undefined ? bits : Number(digits)
  if (version === 0 || prefix > bits) throw new InvalidNetwork('a network looks like 192.0.2.0/24 or 2001:db8::/32')
  if (hasHostBits(address, version, bits - prefix)) {
    throw new InvalidNetwork('a network has no bits behind its prefix: 192.0.2.0/24, and not 192.0.2.7/24')
  }
  return { address, prefix, family: version === 4 ? 'ipv4' : 'ipv6' }
}

/** Whether a text is an IPv4 or IPv6 address, without port or zone. */
export function isAddress(text: string): boolean {
  return !text.includes('%') && isIP(text) !== 0
}

/** PostgreSQL's cidr takes no such network either. */
function hasHostBits(address: string, version: number, hostBits: number): boolean {
  const value = version === 4 ? numberOf(address.split('.'), 8, 10) : numberOf(groupsOf(address), 16, 16)
  return value % (1n << BigInt(hostBits)) !== 0n
}

function numberOf(parts: readonly string[], width: number, radix: number): bigint {
  return parts.reduce((value, part) => (value << BigInt(width)) + BigInt(Number.parseInt(part, radix)), 0n)
}

/** @returns The eight groups of an IPv6 address, in hexadecimal (RFC 4291, 2.2). */
function groupsOf(address: string): string[] {
  // A URL writes the last 32 bits in hexadecimal as well, however they were given.
  const [head = '', tail] = new URL(`http://[${address}]`).hostname.slice(1, -1).split('::')
  const before = head === '' ? [] : head.split(':')
  const after = tail ? tail.split(':') : []
  return [...before, ...Array.from({ length: 8 - before.length - after.length }, () => '0'), ...after]
}

/** @param networks As `parseNetwork` reads them. An IPv4 address that arrives in IPv6 notation is matched as IPv4. */
export function sourceNetworks(networks: readonly string[]): SourceNetworks {
  const list = new BlockList()
  for (const network of networks) {
    const { address, prefix, family } = parseNetwork(network)
    list.addSubnet(address, prefix, family)
  }
  return {
    includes(address) {
      const version = isIP(address)
      return version !== 0 && list.check(address, version === 4 ? 'ipv4' : 'ipv6')
    },
  }
}
