// The package has no types; these are of what is used of it, read off version 1.0.3.
declare module '@paypal/checkout-server-sdk' {
  interface HttpRequest {
    path: string
    verb: string
    headers: Record<string, string>
    body?: unknown
  }

  class PayPalEnvironment {
    constructor(clientId: string, clientSecret: string, baseUrl: string, webUrl: string)
    readonly baseUrl: string
  }

  class PayPalHttpClient {
    constructor(environment: PayPalEnvironment)
    execute(request: HttpRequest): Promise<unknown>
    fetchAccessToken(): Promise<unknown>
  }

  class WithBody implements HttpRequest {
    path: string
    verb: string
    headers: Record<string, string>
    body?: unknown
    requestBody(body: object): this
    prefer(prefer: string): this
  }

  class OfOrder extends WithBody {
    constructor(orderId: string)
    payPalRequestId(key: string): this
  }

  class OfPayment extends WithBody {
    constructor(id: string)
    payPalRequestId(key: string): this
  }

  class Question implements HttpRequest {
    constructor(id: string)
    path: string
    verb: string
    headers: Record<string, string>
  }

  const sdk: {
    readonly core: {
      readonly PayPalEnvironment: typeof PayPalEnvironment
      readonly PayPalHttpClient: typeof PayPalHttpClient
    }
    readonly orders: {
      readonly OrdersCreateRequest: new () => WithBody
      readonly OrdersGetRequest: typeof Question
      readonly OrdersCaptureRequest: typeof OfOrder
      readonly OrdersAuthorizeRequest: typeof OfOrder
    }
    readonly payments: {
      readonly AuthorizationsCaptureRequest: typeof OfPayment
      readonly AuthorizationsVoidRequest: typeof Question
      readonly CapturesRefundRequest: typeof OfPayment
      readonly RefundsGetRequest: typeof Question
    }
  }
  export default sdk
}
