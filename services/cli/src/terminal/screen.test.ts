import test from 'ava'
import { openScreen } from './screen.ts'

function streams(isTTY: boolean) {
  const written = { out: '', err: '' }
  const stream = (name: 'out' | 'err') => ({
    isTTY,
    columns: 80,
    write: (text: string) => {
      written[name] += text
    },
  })
  return { written, out: stream('out'), err: stream('err') }
}

test('progress replaces itself on a terminal, and elsewhere only its end is printed', (t) => {
  const terminal = streams(true)
  const shown = openScreen(terminal, false)
  shown.progress('1 of 2')
  shown.progress('2 of 2')
  shown.say('done')
  t.is(terminal.written.out, '\r\u001b[K1 of 2\r\u001b[K2 of 2\ndone\n')

  const file = streams(false)
  const logged = openScreen(file, false)
  logged.progress('1 of 2')
  logged.progress('2 of 2')
  logged.say('done')
  t.is(file.written.out, '2 of 2\ndone\n')
})

test('with --json standard output is one JSON value, and people read standard error', (t) => {
  const both = streams(false)
  const screen = openScreen(both, true)
  screen.say('hello')
  screen.progress('1 of 1')
  screen.result({ a: 1 }, ['lines'])
  t.deepEqual(JSON.parse(both.written.out), { a: 1 })
  t.is(both.written.err, 'hello\n1 of 1\n')
})

test('without a terminal nobody says how wide it is', (t) => {
  t.is(openScreen(streams(false), false).columns, undefined)
  t.is(openScreen(streams(true), false).columns, 80)
})
