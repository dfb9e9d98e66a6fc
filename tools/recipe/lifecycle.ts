import { LIFECYCLE_SECTIONS, canonicalLifecycle } from './canonical-keys.ts';
import type { LifecycleSection } from './canonical-keys.ts';
import { recipeErrors } from './errors.ts';
import { isPlainObject, valueText } from './recipe.ts';

/** One script of a lifecycle, variables resolved. */
export interface LifecycleStep {
  readonly script: string;
  readonly requiresPrivilege: boolean;
  /** `onpath <exe>` or `exists <path>`, with `!` in front to negate. */
  readonly skipIf?: string;
  /** Seconds; see `DEFAULT_TIMEOUTS` for the defaults. */
  readonly timeoutSeconds?: number;
  readonly environment: Readonly<Record<string, string>>;
}

export interface Lifecycle {
  readonly steps: Readonly<Partial<Record<LifecycleSection, LifecycleStep>>>;
  /** Environment of every step; a step's own comes on top. */
  readonly environment: Readonly<Record<string, string>>;
  readonly errorResetSeconds: number;
}

/** Seconds, as in the Java nucleus; `run` has none. */
export const DEFAULT_TIMEOUTS: Readonly<Record<LifecycleSection, number | undefined>> = {
  bootstrap: 120,
  install: 120,
  startup: 120,
  run: undefined,
  shutdown: 15,
  recover: 60,
  uninstall: 120,
};

const DEFAULT_ERROR_RESET_SECONDS = 3600;

export function timeoutOf(lifecycle: Lifecycle, section: LifecycleSection): number | undefined {
  return lifecycle.steps[section]?.timeoutSeconds ?? DEFAULT_TIMEOUTS[section];
}

/**
 * Reads the lifecycle of one manifest after variables were resolved. A section is a script, or an object around one.
 *
 * @throws recipe.lifecycle-invalid with every problem, each with its JSON pointer
 */
export function parseLifecycle(component: string, raw: unknown): Lifecycle {
  const problems: string[] = [];
  const lifecycle = canonicalLifecycle(raw);
  const source = isPlainObject(lifecycle) ? lifecycle : {};
  const steps: Partial<Record<LifecycleSection, LifecycleStep>> = {};
  for (const section of LIFECYCLE_SECTIONS) {
    const step = parseStep(source[section], `/Lifecycle/${section}`, problems);
    if (step) steps[section] = step;
  }
  const errorReset = source.errorResetTime;
  const errorResetSeconds =
    errorReset === undefined ? undefined : seconds(errorReset, '/Lifecycle/errorResetTime', problems);
  const environment = parseEnvironment(source.Setenv, '/Lifecycle/Setenv', problems);
  if (problems.length > 0) {
    throw recipeErrors.error('recipe.lifecycle-invalid', `lifecycle of ${component}: ${problems.join('; ')}`, {
      facts: { component, problems },
    });
  }
  return { steps, environment, errorResetSeconds: errorResetSeconds ?? DEFAULT_ERROR_RESET_SECONDS };
}

function parseStep(raw: unknown, pointer: string, problems: string[]): LifecycleStep | undefined {
  if (raw === undefined || raw === null) return undefined;
  if (typeof raw === 'string')
    return raw === '' ? undefined : { script: raw, requiresPrivilege: false, environment: {} };
  if (!isPlainObject(raw)) {
    problems.push(`${pointer} is ${JSON.stringify(raw)}; write the script, or an object with the key Script`);
    return undefined;
  }
  const { Script, Timeout, Skipif, RequiresPrivilege, Setenv } = raw;
  const environment = parseEnvironment(Setenv, `${pointer}/Setenv`, problems);
  const timeoutSeconds = Timeout === undefined ? undefined : seconds(Timeout, `${pointer}/Timeout`, problems);
  if (Skipif !== undefined && (typeof Skipif !== 'string' || !SKIP_IF.test(Skipif.trim()))) {
    problems.push(
      `${pointer}/Skipif is ${JSON.stringify(Skipif)}; write "onpath <exe>" or "exists <path>", "!" negates`,
    );
  }
  if (typeof Script !== 'string') {
    problems.push(
      `${pointer}/Script is ${Script === undefined ? 'missing' : JSON.stringify(Script)}; write the script as text`,
    );
    return undefined;
  }
  if (Script === '') return undefined;
  return {
    script: Script,
    requiresPrivilege: RequiresPrivilege === true || valueText(RequiresPrivilege).toLowerCase() === 'true',
    ...(typeof Skipif === 'string' ? { skipIf: Skipif.trim() } : {}),
    ...(timeoutSeconds === undefined ? {} : { timeoutSeconds }),
    environment,
  };
}

/** `[!] onpath <exe>` or `[!] exists <path>`. */
export const SKIP_IF = /^(!?)\s*(onpath|exists) +(.+)$/;

function parseEnvironment(raw: unknown, pointer: string, problems: string[]): Readonly<Record<string, string>> {
  if (raw === undefined || raw === null) return {};
  if (!isPlainObject(raw)) {
    problems.push(`${pointer} is ${JSON.stringify(raw)}; write an object of names and values`);
    return {};
  }
  return Object.fromEntries(Object.entries(raw).map(([name, value]) => [name, value === null ? '' : valueText(value)]));
}

function seconds(raw: unknown, pointer: string, problems: string[]): number | undefined {
  const value = typeof raw === 'number' ? raw : Number(typeof raw === 'string' && raw.trim() !== '' ? raw : Number.NaN);
  if (Number.isFinite(value) && value >= 0) return value;
  problems.push(`${pointer} is ${JSON.stringify(raw)}; write a number of seconds`);
  return undefined;
}
