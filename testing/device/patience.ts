/** Longest wait for anything that must come; far beyond what a busy machine needs. */
export const PATIENCE_MS = 90_000;
