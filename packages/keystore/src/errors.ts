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

/** Something was wrapped by a root KEK that this provider does not hold: an older or another keystore is in place. */
export class RootKeyMissing extends Error {
  constructor() {
    super('the key provider does not hold the root key that is asked for')
  }
}

export class RootKeyRetired extends Error {
  constructor() {
    super('a retired root key wraps nothing new')
  }
}
