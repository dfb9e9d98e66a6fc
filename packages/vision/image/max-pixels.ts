/** A 12-bit sensor of today has fewer; 50 million RGB pixels are 150 MB. */
export const DEFAULT_MAX_PIXELS = 50_000_000;
