import { parseArgs } from 'node:util';
import { messageOf } from '#packages/foundation';
import type { ModelRole } from '#packages/http';
import { agentErrors } from '../errors.ts';

export type ModelCommand =
  | {
      readonly verb: 'activate' | 'serve';
      readonly path: string;
      readonly alias?: string;
      readonly role?: ModelRole;
      readonly timeoutMs: number;
    }
  | { readonly verb: 'retire'; readonly alias: string; readonly path?: string; readonly role?: ModelRole };

/** Below the 300 s that the recipes give to `startup`, so that the reason is ours and not "timed out". */
const TIMEOUT_SECONDS = 280;

/** @throws EdgeError `model-command.usage` */
export function parseArguments(words: readonly string[]): ModelCommand {
  const { values, positionals } = parsed(words);
  const [verb, first, second, ...rest] = positionals;
  if (rest.length > 0) throw usage(`too many words: ${rest.join(' ')}`);
  if (first === undefined || first === '') throw usage(`${verb ?? 'the command'} needs a package or an alias`);
  const role = roleOf(values.role);
  if (verb === 'retire') return { verb, alias: first, ...(second ? { path: second } : {}), ...role };
  if (verb !== 'activate' && verb !== 'serve') throw usage(`"${verb}" is not a command`);
  if (second !== undefined) throw usage(`"${second}" is one word too many`);
  const seconds = Number(values.timeout ?? TIMEOUT_SECONDS);
  if (!(seconds > 0)) throw usage(`--timeout must be a number of seconds, got "${values.timeout}"`);
  return { verb, path: first, timeoutMs: 1_000 * seconds, ...(values.alias ? { alias: values.alias } : {}), ...role };
}

function parsed(words: readonly string[]) {
  try {
    const options = { alias: { type: 'string' }, role: { type: 'string' }, timeout: { type: 'string' } } as const;
    return parseArgs({ args: [...words], options, allowPositionals: true });
  } catch (error) {
    throw usage(messageOf(error));
  }
}

/** Left out for a model that serves, so that an older agent understands it. */
function roleOf(word: string | undefined): { readonly role?: ModelRole } {
  if (word === undefined || word === 'champion') return {};
  if (word === 'challenger') return { role: word };
  throw usage(`--role must be champion or challenger, got "${word}"`);
}

function usage(why: string) {
  return agentErrors.error('model-command.usage', why);
}
