import { defineStrategy } from './strategy.ts';

/** Keeps every sample, as no strategy does; it has a name so that it can have a quota. */
export const everything = defineStrategy({
  parameters: {},
  create: () => () => ({ keep: true, why: 'everything is kept' }),
});
