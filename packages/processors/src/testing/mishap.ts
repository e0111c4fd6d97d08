/** What a fake does to one request, instead of answering at once. */
export type Mishap =
  /** Carries it out, and answers after so many milliseconds. */
  | { readonly late: number }
  /** Carries it out, and answers when the test says so. */
  | { readonly held: Promise<unknown> }
  /** Carries it out, and sends its answer a second time, which nobody asked for. */
  | 'twice'
  /** Carries it out, and never answers. */
  | 'silence'
  /** Closes the connection before it has carried it out, or after. */
  | 'reset before'
  | 'reset after'
  /** Carries it out, and answers something else. */
  | 'garbage'
  | 'not json'
  | 'unknown type'
  | 'broken gzip'
  | 'huge'
  /** Does not carry it out, and answers an error of its own with this status, or of a server in between. */
  | { readonly status: number }
  | { readonly bare: number }
  /** Carries it out, and answers with a status of 500 all the same. */
  | 'lost in 500'
  /** Sends somebody else there. */
  | { readonly redirect: string }

/** One request as it arrived, and what it was answered. */
export interface Received {
  readonly method: string
  /** Without the query. */
  readonly path: string
  readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>
  readonly body: string
  /** Undefined while it has not been answered, and where it never is. */
  status?: number
  answer?: unknown
  /** What was done to it, if anything. */
  mishap?: Mishap
}
