/** Messages are decoded to what `messages.ts` says. */
export const DECODING = { keepCase: true, longs: String, enums: String, defaults: true, oneofs: true } as const;
