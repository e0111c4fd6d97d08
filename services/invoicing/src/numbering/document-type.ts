/** What is numbered; each has series of its own. */
export type DocumentType = keyof typeof ID_PREFIX

/** The id prefix of each kind of document. */
export const ID_PREFIX = { quote: 'quo', proforma: 'pro', invoice: 'inv', credit_note: 'cre' } as const
