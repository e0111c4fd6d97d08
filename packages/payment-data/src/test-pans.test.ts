import test from 'ava'
import { parsePan } from './pan.ts'
import { isPublishedTestPan } from './test-pans.ts'

for (const pan of [
  '4242424242424242',
  '4000002760000016',
  '4000000000000002',
  '378282246310005',
  '4111111111111111',
  '5577000055770004',
  '6304000000000000',
  '36259600000004',
  '4444333322221111',
  '6799990100000000019',
  '2223000048400011',
]) {
  test(`${pan} is known to be published for tests`, (t) => {
    t.true(isPublishedTestPan(parsePan(pan).reveal()))
  })
}

test('a number that nobody published is not taken for a test number', (t) => {
  t.false(isPublishedTestPan(parsePan('4242424242424259').reveal()))
  t.false(isPublishedTestPan(parsePan('5555555555554469').reveal()))
})
