import test from 'ava'
import { NotFound } from './errors.ts'
import { explainOutage } from './outage.ts'

const system = (code: string) => Object.assign(new Error(`connect ${code} 127.0.0.1:5432`), { code })
const server = (code: string, severity = 'FATAL') =>
  Object.assign(new Error('as the server says it'), { code, severity })
const named = (name: string) => Object.assign(new Error('Timeout acquiring a connection'), { name })

const answers = test.macro({
  exec(t, error: Error, whenWriting: string | undefined, whenReading: string | undefined) {
    const codeOf = (reading: boolean) => {
      const explained = explainOutage(error, reading)
      if (explained === error) return undefined
      t.is((explained as Error).cause, error, 'the operator sees what it was')
      t.false((explained as Error).message.includes(error.message), 'the caller does not')
      return (explained as { code: string }).code
    }
    t.is(codeOf(false), whenWriting)
    t.is(codeOf(true), whenReading)
  },
  title: (given) => given ?? '',
})

const [down, unknown] = ['database_unavailable', 'outcome_unknown']
test('nothing listens', answers, system('ECONNREFUSED'), down, down)
test('the host has no name', answers, system('ENOTFOUND'), down, down)
test('the server starts', answers, server('57P03'), down, down)
test('the server has no connection left', answers, server('53300'), down, down)
test('the disk is full', answers, server('53100', 'ERROR'), down, down)
test('the server became a standby', answers, server('25006', 'ERROR'), down, down)
test('the login is refused', answers, server('28P01'), down, down)
test('a row was held for too long', answers, server('55P03', 'ERROR'), down, down)
test('the database takes no connections', answers, server('55000'), down, down)
test('no connection came free in time', answers, named('KnexTimeoutError'), down, down)
test(
  'the driver saw its connection gone before it sent',
  answers,
  new Error('Client has encountered a connection error and is not queryable'),
  down,
  down,
)
test('the connection broke in the middle', answers, system('ECONNRESET'), unknown, down)
test('the server was shut down in the middle', answers, server('57P01'), unknown, down)
test('the driver lost its connection', answers, new Error('Connection terminated unexpectedly'), unknown, down)
test(
  'Knex names the statement first',
  answers,
  new Error('COMMIT; - Connection terminated unexpectedly'),
  unknown,
  down,
)
test('a defect stays a defect', answers, new TypeError('x is not a function'), undefined, undefined)
test('a constraint that was broken is a defect', answers, server('23505', 'ERROR'), undefined, undefined)
test('a refusal stays a refusal', answers, new NotFound('invoice'), undefined, undefined)
