export type Form = { [name: string]: string | Form }

/** Reads `a[b][0]=c`, as Stripe's API takes it. */
export function parseForm(body: string): Form {
  const form: Form = Object.create(null)
  for (const [name, value] of new URLSearchParams(body)) {
    const path = name.replaceAll(']', '').split('[')
    const last = path.pop() ?? ''
    let at = form
    for (const part of path) {
      const inner = at[part]
      const next: Form = typeof inner === 'object' ? inner : Object.create(null)
      at[part] = next
      at = next
    }
    at[last] = value
  }
  return form
}
