/**
 * Everything that can happen in the vault, with what an auditor should know of it. An event names its object by id and
 * version; what a type says beyond that stands in its `data`, and never is personal data.
 */
export const EVENT_TYPES = {
  'token.created': 'An instrument was sealed and got a token.',
  'token.updated': 'Expiry, holder or metadata of a token changed. Data: the names of what changed.',
  'token.revealed': 'An instrument was opened and given to the holder of the key. Data: the names of the fields.',
  'token.reveal_refused': 'A reveal was refused. Data: the code of the refusal.',
  'token.deleted': 'An instrument was destroyed at the request of the holder of the key.',
  'token.expired': 'An instrument was destroyed because its time had come.',
  'token.moved': 'An instrument was sealed anew for an account, and destroyed under its old id. Data: the new token.',
  'token.registration_begun':
    'An instrument is about to be opened and sent to a processor, which is asked to keep it. Data: the processor.',
  'token.registered': 'A processor keeps an instrument, and the vault its reference. Data: the processor.',
  'token.registration_changed':
    'A processor answered something else: it waits for the payer, or declined. Data: the processor, and the state.',
  'registration.orphaned':
    'The vault keeps no reference any more of what a processor may still keep: it has to be told there. Data: the processor, and why.',
  'account.erased':
    'Everything of a customer was destroyed. Data: how many tokens, and whether it was done again after a restore.',
  'account.hold_placed':
    'A legal hold now keeps the data of a customer from being erased. Data: the code of the reason, and until when.',
  'account.hold_released': 'A legal hold was lifted.',
  'key.rotated': 'The tenant has a new key-encryption key; the version of the event is the key’s.',
  'key.rewrapped': 'A job wrapped every key of the tenant by its current key-encryption key.',
  'key.resealed': 'A job sealed every record of the tenant under a new data-encryption key.',
  'key.destroyed': 'A retired key-encryption key was destroyed; the version of the event is the key’s.',
  'processor.configured':
    'Credentials of a processor were stored or replaced; the version of the event is theirs. Data: the processor.',
  'processor.removed': 'Credentials of a processor were destroyed. Data: the processor.',
  'processor.credentials_read': 'Credentials of a processor were given to the holder of the key. Data: the processor.',
} as const

/** What can happen in the vault. */
export type EventType = keyof typeof EVENT_TYPES
