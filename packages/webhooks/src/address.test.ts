import test from 'ava'
import { mayReach } from './address.ts'
import { parseTarget } from './target.ts'

const STRICT = { loopback: false }

for (const address of [
  '0.0.0.0',
  '10.1.2.3',
  '100.64.0.1',
  '127.0.0.1',
  '127.8.9.10',
  '169.254.169.254',
  '172.16.0.1',
  '172.31.255.255',
  '192.0.0.8',
  '192.0.2.1',
  '192.168.1.1',
  '198.18.0.1',
  '203.0.113.9',
  '224.0.0.1',
  '255.255.255.255',
  '::',
  '::1',
  '::127.0.0.1',
  '::ffff:127.0.0.1',
  '::ffff:8.8.8.8',
  '::ffff:7f00:1',
  '64:ff9b::7f00:1',
  'fe80::1',
  'fe80::1%eth0',
  'fec0::1',
  'fc00::1',
  'fd12:3456::1',
  'ff02::1',
  '2001::1',
  '2001:db8::1',
  '2002:7f00:1::',
  'localhost',
  '',
]) {
  test(`nothing is sent to ${address || 'nowhere'}`, (t) => {
    t.false(mayReach(address, STRICT))
  })
}

for (const address of ['8.8.8.8', '172.32.0.1', '100.128.0.1', '223.255.255.255', '2606:4700::1111', '2a00:1450::1']) {
  test(`${address} is an address of the world`, (t) => {
    t.true(mayReach(address, STRICT))
  })
}

test('where it is allowed, this machine may be told something, and no other private one', (t) => {
  const own = { loopback: true }
  for (const address of ['127.0.0.1', '127.1.2.3', '::1']) t.true(mayReach(address, own), address)
  for (const address of ['10.0.0.1', '169.254.169.254', '::ffff:127.0.0.1', 'fe80::1', '0.0.0.0'])
    t.false(mayReach(address, own), address)
})

const refuses = test.macro<[url: string, fault: string]>({
  exec: (t, url, fault) => t.is(parseTarget(url, true, STRICT), fault as never),
  title: (_, url, fault) => `${url} is not taken: ${fault}`,
})
test(refuses, 'nonsense', 'malformed')
test(refuses, 'ftp://example.com/', 'malformed')
test(refuses, 'file:///etc/passwd', 'malformed')
test(refuses, 'http://example.com/', 'https_required')
test(refuses, 'https://user:word@example.com/', 'credentials')
test(refuses, 'https://example.com/#part', 'fragment')
test(refuses, 'https://example.com:22/', 'port')
test(refuses, 'https://127.0.0.1/', 'address')
test(refuses, 'https://2130706433/', 'address')
test(refuses, 'https://0x7f.1/', 'address')
test(refuses, 'https://0177.0.0.1/', 'address')
test(refuses, 'https://[::1]/', 'address')
test(refuses, 'https://[::ffff:127.0.0.1]/', 'address')
test(refuses, 'https://[fd00::1]/', 'address')
test(refuses, 'https://１２７.0.0.1/', 'address')

test('a URL of the world is taken', (t) => {
  for (const url of ['https://example.com/hook?a=b', 'https://example.com:8443/', 'https://8.8.8.8/'])
    t.true(parseTarget(url, true, STRICT) instanceof URL, url)
  t.true(parseTarget('http://example.com:8080/', false, STRICT) instanceof URL)
  t.true(parseTarget('http://127.0.0.1:4000/', false, { loopback: true }) instanceof URL)
  t.is(parseTarget(`http://${'10.0.0.1'}:4000/`, false, { loopback: true }), 'address')
})
