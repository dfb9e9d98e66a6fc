import type { TestModule } from 'vitest/node';

/**
 * One line that says how many tests were left out, for want of what, and how to get it; undefined if none was. Tests that were
 * skipped while they ran count with the note that they gave.
 */
export function leftOutLine(modules: readonly TestModule[]): string | undefined {
  const counts = new Map<string, number>();
  for (const module of modules) {
    for (const test of module.children.allTests('skipped')) {
      const { state, ...result } = test.result();
      const reason = test.meta().leftOut ?? (state === 'skipped' && 'note' in result ? result.note : undefined);
      if (reason) counts.set(reason, (counts.get(reason) ?? 0) + 1);
    }
  }
  if (counts.size === 0) return undefined;
  const reasons = [...counts].map(
    ([reason, count]) => `${count} ${count === 1 ? 'test' : 'tests'} for want of ${reason}`,
  );
  return `Left out: ${reasons.join('; ')}`;
}
