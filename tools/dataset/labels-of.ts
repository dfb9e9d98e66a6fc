import type { Outcome, SampleRecord } from '#packages/samples';

/**
 * Names of the classes, in the order of their numbers where the samples agree on these, so that a model trained again counts as the
 * one before. Names that are new (what a person named, or two models that count in their own ways) follow, in alphabetical order.
 *
 * @param given names in their order, e.g. of the former model's labels.txt; then these come first
 */
export function labelsOf(
  samples: readonly { readonly record: SampleRecord; readonly outcomes: readonly Outcome[] }[],
  named: readonly string[],
  given: readonly string[] = [],
): readonly string[] {
  const byNumber = new Map<number, Set<string>>();
  for (const outcome of samples.flatMap(({ outcomes }) => outcomes))
    byNumber.set(outcome.classId, (byNumber.get(outcome.classId) ?? new Set()).add(labelOf(outcome)));
  const numbered = [...byNumber].sort(([a], [b]) => a - b).flatMap(([, names]) => [...names].sort());
  const said = samples.flatMap(({ record }) => record.shouldBe ?? []);
  return [...new Set([...given, ...numbered, ...[...said, ...named].sort()])];
}

/** Name of an outcome's class; old connectors give numbers only. */
export function labelOf({ label, classId }: Outcome): string {
  return label ?? `class-${classId}`;
}
