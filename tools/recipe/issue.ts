/** Something wrong or doubtful in a recipe, as data: tools print it, lint counts it, the core refuses on errors. */
export interface RecipeIssue {
  /** `error`: a nucleus refuses it or it cannot work; `warning`: probably not what was meant; `info`: good to know. */
  readonly severity: 'error' | 'warning' | 'info';
  /** `lite`: the Java nucleus takes it, nucleus lite does not. */
  readonly nucleus: 'any' | 'lite';
  /** Stable, dotted, e.g. `key.case`. */
  readonly code: string;
  readonly file: string;
  /** JSON pointer into the recipe; empty for the whole file. */
  readonly pointer: string;
  /** From 1; missing where the file could not be parsed. */
  readonly line?: number;
  /** Names the thing and the value. */
  readonly message: string;
  readonly fix: string;
}

/** A check's report; the reader of the file fills in file and line. */
export type Finding = Omit<RecipeIssue, 'file' | 'line'>;

/** `file:line pointer: message (fix)` */
export function formatIssue(issue: RecipeIssue): string {
  const place = issue.line === undefined ? issue.file : `${issue.file}:${issue.line}`;
  const pointer = issue.pointer === '' ? '' : ` ${issue.pointer}`;
  return `${place}${pointer}: ${issue.message} Fix: ${issue.fix}`;
}

/** Only whether a recipe is sound, for one nucleus or both. */
export function worstSeverity(
  issues: readonly RecipeIssue[],
  nucleus: 'java' | 'both',
): RecipeIssue['severity'] | undefined {
  const counted = issues.filter((issue) => nucleus === 'both' || issue.nucleus === 'any');
  return (['error', 'warning', 'info'] as const).find((severity) =>
    counted.some((issue) => issue.severity === severity),
  );
}

/** Pointer of a child: escapes `~` and `/` (RFC 6901). */
export function pointerTo(parent: string, key: string | number): string {
  return `${parent}/${String(key).replaceAll('~', '~0').replaceAll('/', '~1')}`;
}
