import { DomainError } from '@kontor/problem'
import type { UrlFault } from '@kontor/webhooks'

const FAULTS: Readonly<Record<UrlFault, string>> = {
  malformed: 'it must be a URL of http or https',
  https_required: 'in live mode it must be a URL of https',
  credentials: 'it must hold no user and no password',
  fragment: 'it must have no fragment',
  port: 'its port must be 443 or 8443, with http 80 or 8080',
  address: 'its address must be one of the public internet',
}

/** Nothing is sent to such a URL. */
export class WebhookUrlNotAllowed extends DomainError {
  readonly code = 'webhook_url_not_allowed'
  readonly status = 422
  readonly title = 'Nothing is sent to such a URL'
  constructor(fault: UrlFault) {
    super(FAULTS[fault])
  }
}

export class TooManyWebhookEndpoints extends DomainError {
  readonly code = 'too_many_webhook_endpoints'
  readonly status = 409
  readonly title = 'There are as many endpoints as there may be'
  constructor(max: number) {
    super(`at most ${max} for each mode; delete one first`)
  }
}

export class ReplayUnclear extends DomainError {
  readonly code = 'replay_unclear'
  readonly status = 422
  readonly title = 'It is not clear what is to be sent again'
  constructor() {
    super('name from, with until if you like; or event_ids; or dead_letters')
  }
}

export class ReplayTooLarge extends DomainError {
  readonly code = 'replay_too_large'
  readonly status = 422
  readonly title = 'That are too many events at once'
  constructor(max: number) {
    super(`at most ${max} are sent again at once; name until, and go on from there`)
  }
}

export class UnknownEvent extends DomainError {
  readonly code = 'unknown_event'
  readonly status = 422
  readonly title = 'There is no such event'
  constructor() {
    super('an event is of this tenant and mode; one of the vault was told to this endpoint in the last thirty days')
  }
}
