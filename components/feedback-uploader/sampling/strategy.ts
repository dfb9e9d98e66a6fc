import type { z } from 'zod';
import type { ReadPrediction } from '#packages/samples';

/** Decides for one sample after the other; may remember what it has seen. `metadata` is that of the object. */
export type Strategy = (read: () => ReadPrediction, metadata: () => Readonly<Record<string, string>>) => Verdict;

export interface Verdict {
  readonly keep: boolean;
  /** The comparison that decided, in numbers. */
  readonly why: string;
}

export interface StrategyPorts {
  /** Uniform in [0, 1). */
  readonly random: () => number;
}

/** One strategy: its parameters in the configuration, and how it is made from them. */
export interface StrategyDefinition<Shape extends z.ZodRawShape = z.ZodRawShape> {
  readonly parameters: Shape;
  create(parameters: z.output<z.ZodObject<Shape>>, ports: StrategyPorts): Strategy;
}

/** Keeps the types of the parameters. */
export function defineStrategy<Shape extends z.ZodRawShape>(
  definition: StrategyDefinition<Shape>,
): StrategyDefinition<Shape> {
  return definition;
}
