import test from 'ava'
import { kindOf } from './runners.ts'

test('a package runner is known by its name, whether it runs itself or node runs it', (t) => {
  const runners = [
    'npm exec pnpm@12 start',
    'pnpm start',
    'node /x/bin/pnpm.cjs start',
    '/usr/bin/node /x/npm-cli.js run start',
    'npx pnpm',
  ]
  t.deepEqual(
    runners.map((line) => kindOf(line.split(' '))),
    runners.map(() => 'runner'),
  )
})

test('a shell with a command is a shell, and anything else ends the chain', (t) => {
  t.is(kindOf(['/bin/sh', '-c', 'pnpm start']), 'shell')
  t.is(kindOf(['-bash']), undefined)
  t.is(kindOf(['node', 'main.ts']), undefined)
  t.is(kindOf(['python3', 'run-npx.py']), undefined)
})
