declare const tag: unique symbol

/** A `T` that only its own parser may make: a bare string does not compile where an `Opaque<string, 'Pan'>` is asked for. */
export type Opaque<T, Name extends string> = T & { readonly [tag]: Name }
