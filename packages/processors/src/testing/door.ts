// The door for the tests of other packages: processors that are not there, over real HTTP.
export { type Delivered, paypalDelivery, paypalEvent, stripeDelivery, stripeEvent } from './deliveries.ts'
export type { FakeServer } from './fake-server.ts'
export type { Mishap, Received } from './mishap.ts'
export { type PaypalFake, paypalFake } from './paypal-fake.ts'
export { type StripeFake, stripeFake } from './stripe-fake.ts'
