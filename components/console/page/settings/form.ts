import type { ConfigurationProblem, ConfigurationReport } from '#packages/foundation';
import { draftedAt, pointerOf, valueAt, withChange, withoutChange } from './draft.ts';
import type { Draft, Path } from './draft.ts';

export interface FormOptions {
  readonly report: ConfigurationReport;
  readonly draft: Draft;
  readonly problems: readonly ConfigurationProblem[];
  readonly filter: string;
  readonly readOnly: boolean;
  readonly onDraft: (draft: Draft) => void;
}

/** The settings of a component, with the changes that are not saved. */
export class Form {
  readonly #options: FormOptions;

  constructor(options: FormOptions) {
    this.#options = options;
  }

  get filter(): string {
    return this.#options.filter;
  }

  get readOnly(): boolean {
    return this.#options.readOnly;
  }

  /** As it is now, or will be once it is saved. */
  value(path: Path): unknown {
    const { report, draft } = this.#options;
    return draftedAt(report.values, draft, path);
  }

  /** Whether a deployment, this page or the draft has set it; else its default holds. */
  isSet(path: Path): boolean {
    const { report, draft } = this.#options;
    const value = draftedAt(report.given, draft, path);
    return value !== undefined && value !== null;
  }

  isChanged(path: Path): boolean {
    return valueAt(this.#options.draft, path) !== undefined;
  }

  /** Undefined and null: the default. */
  change(path: Path, value: unknown): void {
    const { report, draft, onDraft } = this.#options;
    const wanted = value ?? null;
    const now = valueAt(report.given, path) ?? null;
    const isAsBefore = JSON.stringify(wanted) === JSON.stringify(now);
    onDraft(isAsBefore ? withoutChange(draft, path, report.given) : withChange(draft, path, wanted));
  }

  /** The problem with the setting itself. */
  problem(path: Path): string | undefined {
    const at = pointerOf(path);
    return this.#options.problems.find(({ pointer }) => pointer === at)?.message;
  }

  /** Whether something is wrong with the setting, or with one below it. */
  hasProblem(path: Path): boolean {
    const at = pointerOf(path);
    return this.#options.problems.some(({ pointer }) => pointer === at || pointer.startsWith(`${at}/`));
  }
}
