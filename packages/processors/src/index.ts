export { DECLINE_REASONS, type DeclineReason } from './decline.ts'
export { AmountNotAccepted, InstrumentNotAccepted, InvalidIdempotencyKey } from './errors.ts'
export type {
  BankAccountInClear,
  CardInClear,
  ClearInstrument,
  InstrumentReference,
  MandateAcceptance,
  PayerApproval,
  RegisterOutcome,
} from './instrument.ts'
export { type Mode, stripeKeyMode } from './mode.ts'
export type {
  Authorized,
  Cancelled,
  CancelOutcome,
  ChargeOutcome,
  Created,
  CreateOutcome,
  Declined,
  Money,
  NotSent,
  NotSentBecause,
  PayerAction,
  Pending,
  RefundOutcome,
  RequiresAction,
  Succeeded,
  Unknown,
  UnknownBecause,
} from './outcome.ts'
export { type PaypalOptions, paypalProcessor } from './paypal/paypal-processor.ts'
export type {
  CaptureRequest,
  ChargeReference,
  ConfirmRequest,
  CreateRequest,
  Keyed,
  KeyLife,
  Processor,
  RefundRequest,
  RegisterRequest,
} from './processor.ts'
export { type ProcessorServers, processorServers } from './servers.ts'
export { STRIPE_API_VERSION } from './stripe/client.ts'
export { type StripeOptions, stripeProcessor } from './stripe/stripe-processor.ts'
export { memoryTestStore, type TestRecord, type TestStore } from './test-processor/store.ts'
export { type TestOptions, testProcessor } from './test-processor/test-processor.ts'
export type {
  DisputeState,
  ProcessorEvent,
  Subject,
  Verification,
  WebhookDelivery,
} from './webhook.ts'
export { WEBHOOK_BYTES_MAX } from './webhook.ts'
