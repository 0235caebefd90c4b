/**
 * A 64-bit integer as two signed 32-bit halves, most significant first as on the wire.
 * A `number` loses bits past 2^53 and a BigInt allocates and is slow; two int32 are neither.
 */
export type Int64 = { readonly hi: number; readonly lo: number };
