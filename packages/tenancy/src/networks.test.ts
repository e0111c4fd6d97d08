import test from 'ava'
import { InvalidNetwork, isAddress, parseNetwork, sourceNetworks } from './networks.ts'

const includes = test.macro<[networks: string[], address: string, expected: boolean]>({
  exec(t, networks, address, expected) {
    t.is(sourceNetworks(networks).includes(address), expected)
  },
  title: (_given, networks, address, expected) => `${address} is ${expected ? 'in' : 'not in'} ${networks.join(', ')}`,
})
test(includes, ['192.0.2.0/24'], '192.0.2.255', true)
test(includes, ['192.0.2.0/24'], '192.0.3.0', false)
test(includes, ['192.0.2.0/24'], '::ffff:192.0.2.1', true)
test(includes, ['192.0.2.0/24'], '::ffff:192.0.3.1', false)
test(includes, ['192.0.2.7'], '192.0.2.7', true)
test(includes, ['192.0.2.7/32'], '192.0.2.8', false)
test(includes, ['0.0.0.0/0'], '203.0.113.9', true)
test(includes, ['0.0.0.0/0'], '2001:db8::1', false)
test(includes, ['2001:db8::/32'], '2001:db8:ffff::1', true)
test(includes, ['2001:db8::/32'], '2001:db9::1', false)
test(includes, ['::1'], '::1', true)
test(includes, ['::/0'], '2001:db8::1', true)
test(includes, ['2001:db8:0:1::/64'], '2001:db8:0:1:ffff::', true)
test(includes, ['10.0.0.0/8', '2001:db8::/32'], '10.255.0.1', true)
test(includes, ['10.0.0.0/8'], 'localhost', false)
test(includes, ['10.0.0.0/8'], '', false)

for (const text of [
  '',
  '10.0.0.0/33',
  '2001:db8::/129',
  '10.0.0',
  '10.0.0.0/',
  '10.0.0.0/-1',
  'example.org',
  '::g',
  '10.0.0.0/8 ',
  '10.0.0.1/8',
  '192.0.2.7/24',
  '2001:db8::1/32',
  '::ffff:192.0.2.7/96',
]) {
  test(`no network: ${JSON.stringify(text)}`, (t) => {
    t.throws(() => parseNetwork(text), { instanceOf: InvalidNetwork })
  })
}

test('an address is one of IPv4 or IPv6, and nothing with a port, a zone or a network behind it', (t) => {
  for (const text of ['192.0.2.7', '::1', '2001:DB8::ff', '::ffff:192.0.2.7']) t.true(isAddress(text), text)
  for (const text of ['', '192.0.2', '192.0.2.7:80', '192.0.2.0/24', '[::1]', 'fe80::1%eth0', ':::', 'localhost']) {
    t.false(isAddress(text), text)
  }
})
