import test from 'ava'
import { createLogger } from './logger.ts'

function captured() {
  const lines: string[] = []
  return { lines, logger: createLogger('invoicing', 'info', { write: (line) => void lines.push(line) }) }
}

test('an error is logged by class, code and place, never by what it says', (t) => {
  const { lines, logger } = captured()
  const cause = Object.assign(new Error('duplicate key value 4242424242424242'), { code: '23505' })
  logger.error({ event: 'failed', err: new TypeError('cannot read 4242424242424242', { cause }) })
  const [line = ''] = lines
  t.false(line.includes('4242'))
  const { event, service, err } = JSON.parse(line)
  t.is(event, 'failed')
  t.is(service, 'invoicing')
  t.is(err.type, 'TypeError')
  t.is(err.cause.code, '23505')
  t.regex(err.at[0], /logger\.test\.ts/)
})

test('a code that is a sentence is not logged, nor is what is no error', (t) => {
  const { lines, logger } = captured()
  logger.error({ err: Object.assign(new Error('x'), { code: 'card 4242 4242 4242 4242' }) })
  logger.error({ err: '4242424242424242' })
  t.false(lines.join().includes('4242'))
  t.is(JSON.parse(lines[1] ?? '').err.type, 'string')
})

test('requests and answers are never written, whatever they hold', (t) => {
  const { lines, logger } = captured()
  logger.info({ req: { url: '/4242424242424242' }, res: { body: '4242424242424242' }, event: 'request' })
  t.false(lines.join().includes('4242'))
})

test('a line about an error says what its writer says, and never what the error says', (t) => {
  const { lines, logger } = captured()
  const error = new Error('4242424242424242')
  logger.error(error)
  logger.error({ err: error })
  logger.error({ err: error }, error.message)
  logger.error({ err: { message: '4242424242424242' } })
  logger.error({ err: new Error('refused\n    at 4242424242424242\n    at 4242424242424242') })
  logger.child({ err: error }).info({ event: 'child' })
  logger.warn({ err: error }, 'the file could not be closed')
  t.false(lines.join().includes('4242'))
  t.is(lines.length, 7)
  t.is(JSON.parse(lines[6] ?? '').msg, 'the file could not be closed')
})

test('a text without an error stays as it is', (t) => {
  const { lines, logger } = captured()
  logger.info('listening')
  logger.info({ event: 'listening', url: 'http://127.0.0.1:7702' })
  t.is(JSON.parse(lines[0] ?? '').msg, 'listening')
  t.is(JSON.parse(lines[1] ?? '').url, 'http://127.0.0.1:7702')
})
