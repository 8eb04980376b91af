declare const brand: unique symbol;

/** A value that a parser has checked; only that parser may make one. */
export type Brand<Value, Name extends string> = Value & { readonly [brand]: Name };
