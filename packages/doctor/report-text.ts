import { SECTIONS } from './finding.ts';
import type { Finding } from './finding.ts';

const MARKS = { ok: 'ok  ', info: '-   ', warning: 'WARN', error: 'FAIL' } as const;

/** Findings for people, by section, what to do below what is wrong. @param paint colors a mark */
export function reportText(
  findings: readonly Finding[],
  paint: (state: Finding['state'], text: string) => string = (_state, text) => text,
): readonly string[] {
  const lines = SECTIONS.flatMap((section) => {
    const own = findings.filter((finding) => finding.section === section);
    if (own.length === 0) return [];
    return ['', section, ...own.flatMap((finding) => linesOf(finding, paint))];
  });
  return [...lines.slice(1), '', summary(findings)];
}

function linesOf(
  { state, name, says, todo }: Finding,
  paint: (state: Finding['state'], text: string) => string,
): readonly string[] {
  const line = `  ${paint(state, MARKS[state])}  ${name}: ${says}`;
  const isWrong = state === 'warning' || state === 'error';
  return todo !== undefined && isWrong ? [line, `        What to do: ${todo}`] : [line];
}

function summary(findings: readonly Finding[]): string {
  const count = (state: Finding['state']): number => findings.filter((finding) => finding.state === state).length;
  const [errors, warnings] = [count('error'), count('warning')];
  if (errors + warnings === 0) return 'Nothing is wrong.';
  return `${errors} ${errors === 1 ? 'thing' : 'things'} cannot work so, ${warnings} ${warnings === 1 ? 'warning' : 'warnings'}.`;
}
