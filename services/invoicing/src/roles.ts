/** What each role may do. A role that is not listed may do nothing. */
const SCOPES: Record<string, readonly string[]> = {
  checkout: [
    'issuer.read',
    'account.read',
    'account.write',
    'quote.read',
    'quote.write',
    'invoice.read',
    'invoice.write',
    'invoice.issue',
    'payment.read',
  ],
  invoicing: [
    'issuer.read',
    'account.read',
    'account.write',
    'quote.read',
    'quote.write',
    'invoice.read',
    'invoice.write',
    'invoice.issue',
    'credit_note.read',
    'credit_note.write',
    'credit_note.issue',
    'payment.read',
    'payment.write',
    'series.read',
  ],
  accounting: [
    'issuer.read',
    'account.read',
    'quote.read',
    'invoice.read',
    'credit_note.read',
    'payment.read',
    'payment.write',
    'series.read',
    'export.read',
  ],
  admin: [
    'issuer.read',
    'issuer.write',
    'account.read',
    'account.write',
    'quote.read',
    'quote.write',
    'invoice.read',
    'invoice.write',
    'invoice.issue',
    'credit_note.read',
    'credit_note.write',
    'credit_note.issue',
    'payment.read',
    'payment.write',
    'series.read',
    'export.read',
  ],
}

/** @returns The scopes of a role, none for one that is not known. */
export function scopesOf(role: string): readonly string[] {
  return SCOPES[role] ?? []
}
