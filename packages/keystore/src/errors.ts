/**
 * What an operator reads when the keystore cannot be used. Each message is one sentence with the path and what to do; none
 * says anything of what is in the file or of the passphrase.
 */
export class KeystoreLocked extends Error {
  constructor(path: string) {
    super(`The keystore ${path} does not open with this passphrase.`)
  }
}

/** The file is not what `createKeystoreFile` wrote. */
export class KeystoreCorrupt extends Error {
  constructor(path: string) {
    super(`The keystore ${path} is damaged or not a keystore: put a backup of it back.`)
  }
}

/** Others than its owner may read or write the file, so its passphrase may already be under attack. */
export class KeystoreExposed extends Error {
  constructor(path: string) {
    super(`The keystore ${path} is open to other users than its owner: run chmod 600 ${path}`)
  }
}

export class KeystoreMissing extends Error {
  constructor(path: string) {
    super(`There is no keystore at ${path}.`)
  }
}

/** It is there, perhaps, but the system does not let us read it: another user's, a broken mount, a dying disk. */
export class KeystoreUnreadable extends Error {
  constructor(path: string, cause: unknown) {
    const { code } = cause as { code?: unknown }
    super(`The keystore ${path} cannot be read${typeof code === 'string' ? ` (${code})` : ''}.`, { cause })
  }
}

/** Replacing a keystore would lose the root KEKs in it, and with them every record ever sealed. */
export class KeystoreExists extends Error {
  constructor(path: string) {
    super(`There is already a file at ${path}, and a keystore is never overwritten.`)
  }
}

/** Whoever gets the file can try passphrases at leisure; scrypt makes each try dear, not a short list of them long. */
export class PassphraseTooShort extends Error {
  constructor(charactersMin: number) {
    super(`The passphrase of a keystore has at least ${charactersMin} characters.`)
  }
}

/** Two that change a keystore at once would lose a key of one of them. */
export class KeystoreBusy extends Error {
  constructor(path: string, lock: string) {
    super(`The keystore ${path} is being changed by another process; if there is none, remove ${lock} and try again.`)
  }
}

/** One key more and the file would be longer than it is ever read; a key that cannot be read is lost, with all under it. */
export class KeystoreFull extends Error {
  constructor(path: string, keysMax: number) {
    super(`The keystore ${path} already holds ${keysMax} root keys: destroy retired ones first.`)
  }
}

/** Something was wrapped by a root KEK that this provider does not hold: an older or another keystore is in place. */
export class RootKeyMissing extends Error {
  constructor() {
    super('The key provider does not hold the root key that is asked for.')
  }
}

/** Destroying it would leave nothing to wrap with, and lose what it has wrapped. */
export class RootKeyIsCurrent extends Error {
  constructor() {
    super('The current root key is never destroyed: rotate first.')
  }
}

/** Trimming a transit key takes away all versions below one (OpenBao API, "Trim key"). */
export class RootKeyNotOldest extends Error {
  constructor() {
    super('The key provider destroys root keys from the oldest on: destroy the older ones first.')
  }
}

/** The key provider does not answer: down, sealed, overloaded or out of reach. Asking again later may help. */
export class KeyProviderUnavailable extends Error {
  constructor(why: string, options?: ErrorOptions) {
    super(`The key provider cannot be used: ${why}.`, options)
  }
}

/** The key provider answers, but not to us: a person has to change its policy or our configuration. */
export class KeyProviderRefused extends Error {
  constructor(why: string, options?: ErrorOptions) {
    super(`The key provider refuses: ${why}.`, options)
  }
}
