import test from 'ava'
import { VAT_CATEGORIES } from './vat.ts'
import { exemptionCodes, needsExemptionReason, ownExemptionCode } from './vatex.ts'

test('the list has the 88 codes of BR-CL-22 in version 1.3.16, each under one category', (t) => {
  const codes = VAT_CATEGORIES.flatMap((category) => exemptionCodes(category))
  t.is(codes.length, 88)
  t.is(new Set(codes).size, 88)
  for (const code of codes) t.regex(code, /^VATEX-(EU|FR)-[A-Z0-9-]+$/)
})

test('a category that charges VAT, or charges it at zero, has no exemption reason (BR-S-10, BR-Z-10, BR-AF-10, BR-AG-10)', (t) => {
  t.deepEqual(VAT_CATEGORIES.filter(needsExemptionReason), ['E', 'AE', 'K', 'G', 'O'])
  for (const category of ['S', 'Z', 'L', 'M'] as const) t.deepEqual(exemptionCodes(category), [])
})

test('four categories mean what one code means (BR-AE-10, BR-IC-10, BR-G-10, BR-O-10); E has many', (t) => {
  t.deepEqual(VAT_CATEGORIES.map(ownExemptionCode), [
    undefined,
    undefined,
    undefined,
    'VATEX-EU-AE',
    'VATEX-EU-IC',
    'VATEX-EU-G',
    'VATEX-EU-O',
    undefined,
    undefined,
  ])
  t.true(exemptionCodes('E').includes('VATEX-EU-132-1A') && exemptionCodes('E').includes('VATEX-FR-FRANCHISE'))
  t.false(exemptionCodes('E').includes('VATEX-EU-AE'))
})
