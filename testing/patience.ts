/**
 * Longest wait for something that must come. It is there for hangs alone and far beyond what the busiest machine needs: no test
 * says how fast this machine is.
 */
export const PATIENCE_MS = 240_000;

/** Limit of a test or hook, which may wait several times, so that the wait that hangs is the one to say so. */
export const TEST_LIMIT_MS = 2 * PATIENCE_MS;
