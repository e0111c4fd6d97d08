import test from 'ava'
import { DomainError, MalformedBody } from './domain-error.ts'
import { toProblem } from './problem.ts'

class OverAllocation extends DomainError {
  readonly code = 'over_allocation'
  readonly status = 409
  readonly title = 'The payment is larger than what is open'
  override readonly extensions = { open_minor: 100, status: 200, code: 'spoofed' }
}

test('a refusal becomes a problem document of RFC 9457, and its extensions cannot overwrite the members of the standard', (t) => {
  t.deepEqual(toProblem(new OverAllocation('100 minor units are open'), 'abc'), {
    type: 'urn:kontor:problem:over_allocation',
    status: 409,
    code: 'over_allocation',
    title: 'The payment is larger than what is open',
    detail: '100 minor units are open',
    instance: 'urn:kontor:request:abc',
    open_minor: 100,
  })
})

test('anything else is a defect, and says nothing about itself', (t) => {
  const secret = new Error('insert into token values (4242424242424242)')
  for (const thrown of [secret, 'a text', undefined, { status: 404, code: 'not_ours' }]) {
    t.deepEqual(toProblem(thrown, 'abc'), {
      type: 'about:blank',
      status: 500,
      code: 'internal_error',
      title: 'Something went wrong on our side',
      instance: 'urn:kontor:request:abc',
    })
  }
})

test('a refusal that a parser threw is located by the border that called it', (t) => {
  const located = new OverAllocation('100 minor units are open').at('/amount_minor')
  t.true(located instanceof DomainError)
  t.true(located.cause instanceof OverAllocation)
  t.like(toProblem(located, 'abc'), {
    status: 409,
    code: 'over_allocation',
    open_minor: 100,
    errors: [{ path: '/amount_minor', code: 'over_allocation', message: '100 minor units are open' }],
  })
  t.is(located.at('/other').errors?.[0]?.path, '/other')
})

test('a malformed request names its fields; without a detail there is none', (t) => {
  const errors = [{ path: '/name', code: 'missing_field', message: 'is missing' }]
  t.like(toProblem(new MalformedBody(errors), 'abc'), { status: 400, code: 'malformed_request', errors })
  t.false('detail' in toProblem(new OverAllocation(), 'abc'))
})
