import { DomainError } from '@kontor/problem'

export class IfMatchRequired extends DomainError {
  readonly code = 'if_match_required'
  readonly status = 428
  readonly title = 'This change needs an If-Match'
  constructor() {
    super('send the version you read, such as If-Match: "3"')
  }
}

export class VersionConflict extends DomainError {
  readonly code = 'version_conflict'
  readonly status = 412
  readonly title = 'It was changed since you read it'
  constructor() {
    super('read it again and repeat the change on the new version')
  }
}
