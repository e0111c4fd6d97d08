import type { Catalogue } from './catalogue.ts'
import type { PdfDocument, PostalAddress } from './document.ts'
import { formatIban } from './iban-groups.ts'
import { joined, line, lineIfGiven, type Printed } from './printed.ts'

export interface AddressContent {
  /** The issuer on one line, above the address in the envelope's window. */
  readonly sender: Printed
  readonly lines: readonly Printed[]
  readonly delivery?: Printed
}

/** Further bank details stand in the payment block, not at the foot of every page. */
const FOOTER_ACCOUNTS_MAX = 1
/** Countries that write the region and the postal code behind the town, and those that give the code a line of its own. */
const CODE_BEHIND_TOWN = new Set(['US', 'CA', 'AU'])
const CODE_ON_OWN_LINE = new Set(['GB', 'IE', 'GG', 'JE', 'IM'])

export function addressContent({ issuer, buyer, deliveryAddress }: PdfDocument, catalogue: Catalogue): AddressContent {
  const issuerName = line('issuer.name', issuer.name)
  const sender = joined([issuerName, ...postalLines('issuer', issuer, catalogue, issuer.country)], ' · ')
  const buyerLines = [
    ...lineIfGiven('buyer.name', buyer.name),
    ...(sameText(buyer.tradingName, buyer.name) ? [] : lineIfGiven('buyer.tradingName', buyer.tradingName)),
    ...lineIfGiven('buyer.contactName', buyer.contactName),
    ...postalLines('buyer', buyer, catalogue, issuer.country),
  ]
  const delivery =
    deliveryAddress &&
    joined(
      [
        ...lineIfGiven('deliveryAddress.name', deliveryAddress.name),
        ...postalLines('deliveryAddress', deliveryAddress, catalogue, issuer.country),
      ],
      ', ',
    )
  return { sender: sender ?? issuerName, lines: buyerLines, ...(delivery ? { delivery } : {}) }
}

/** @returns Columns of the footer: who we are, how to reach us, our registrations, our bank. Empty columns are left out. */
export function footerContent(
  { issuer, buyer, payeeAccounts }: PdfDocument,
  { words, ...catalogue }: Catalogue,
): Printed[][] {
  const labelled = (label: string, field: string, text: string | undefined): Printed[] =>
    lineIfGiven(field, text).map((printed) => ({ ...printed, text: `${label} ${printed.text}` }))
  const bank = payeeAccounts
    .slice(0, FOOTER_ACCOUNTS_MAX)
    .flatMap((account, i) => [
      ...lineIfGiven(`payeeAccounts[${i}].bankName`, account.bankName),
      ...labelled(words.iban, `payeeAccounts[${i}].iban`, account.iban && formatIban(account.iban)),
      ...labelled(words.accountNumber, `payeeAccounts[${i}].accountNumber`, account.accountNumber),
      ...labelled(words.bic, `payeeAccounts[${i}].bic`, account.bic),
    ])
  const columns = [
    [line('issuer.name', issuer.name), ...postalLines('issuer', issuer, { words, ...catalogue }, buyer.country)],
    [...labelled(words.phone, 'issuer.phone', issuer.phone), ...lineIfGiven('issuer.email', issuer.email)],
    [
      ...labelled(words.legalId, 'issuer.legalId', issuer.legalId),
      ...labelled(words.vatId, 'issuer.vatId', issuer.vatId),
      ...labelled(words.taxNumber, 'issuer.taxNumber', issuer.taxNumber),
    ],
    bank,
  ]
  return columns.filter((column) => column.length > 0)
}

/** @param homeCountry The country's name is printed, in capitals, where the post goes to another one (UPU S42). */
function postalLines(prefix: string, address: PostalAddress, catalogue: Catalogue, homeCountry: string): Printed[] {
  const { country } = address
  const countryName = (catalogue.countries[country] ?? country).toUpperCase()
  return [
    ...address.lines.flatMap((text, i) => lineIfGiven(`${prefix}.lines[${i}]`, text)),
    ...townLines(prefix, address),
    ...(country === homeCountry ? [] : [line(`${prefix}.country`, countryName)]),
  ]
}

function townLines(prefix: string, { postalCode, city, region, country }: PostalAddress): Printed[] {
  const code = lineIfGiven(`${prefix}.postalCode`, postalCode)
  const town = lineIfGiven(`${prefix}.city`, city)
  const area = lineIfGiven(`${prefix}.region`, region)
  if (CODE_BEHIND_TOWN.has(country)) return present(joined([...town, ...area, ...code], ' '))
  if (CODE_ON_OWN_LINE.has(country)) return [...present(joined([...town, ...area], ', ')), ...code]
  return present(joined([...present(joined([...code, ...town], ' ')), ...area], ', '))
}

function present(printed: Printed | undefined): Printed[] {
  return printed ? [printed] : []
}

function sameText(a: string | undefined, b: string): boolean {
  return a?.trim() === b.trim()
}
