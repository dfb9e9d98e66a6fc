import path from 'node:path';
import process from 'node:process';
import { PROVIDERS } from '#packages/model-package';
import type { Provider } from '#packages/model-package';
import { COMPONENTS_VARIABLE } from '#packages/vision';
import type { ProviderProbe } from '#packages/vision';
import type { Finding } from '../finding.ts';
import { runCommand } from '../run-command.ts';

/** How this program is started again to try one provider: a native fault then ends nothing but the try. */
export interface ProbeCommand {
  readonly file: string;
  /** The name of the provider follows; it prints a `ProviderProbe` as JSON. */
  readonly words: readonly string[];
}

const TIMEOUT_MS = 60_000;

/**
 * Tries every execution provider; those that are asked for must work.
 * @param root of the nucleus, below which components that bring a provider are installed
 */
export async function checkProviders(
  command: ProbeCommand,
  asked: readonly string[],
  root: string | undefined,
  signal: AbortSignal,
): Promise<readonly Finding[]> {
  const components = root === undefined ? {} : { [COMPONENTS_VARIABLE]: path.join(root, 'work') };
  const environment = { ...process.env, ...components };
  const findings: Finding[] = [];
  // One after the other: two may want the same device.
  for (const provider of PROVIDERS)
    findings.push(findingOf(await probe(command, provider, environment, signal), asked));
  return findings;
}

async function probe(
  { file, words }: ProbeCommand,
  provider: Provider,
  environment: NodeJS.ProcessEnv,
  signal: AbortSignal,
): Promise<ProviderProbe> {
  const answer = await runCommand(file, [...words, provider], {
    signal,
    timeoutMs: TIMEOUT_MS,
    environment,
  });
  try {
    return JSON.parse(answer.out.trim().split('\n').at(-1) ?? '') as ProviderProbe;
  } catch {
    const how = answer.problem === '' ? `exit code ${answer.code}` : answer.problem;
    const said = answer.err.trim().split('\n').at(-1) ?? '';
    return { provider, works: false, reason: `the try ended by ${how}${said === '' ? '' : `: ${said}`}`, ms: 0 };
  }
}

function findingOf({ provider, works, reason, ms }: ProviderProbe, asked: readonly string[]): Finding {
  const base = { section: 'providers', name: provider } as const;
  if (works) return { ...base, state: 'ok', says: `works, ${ms} ms to run a first model` };
  const isAsked = asked.includes(provider);
  const todo = 'Install what it lacks, or take it out of Providers of edgeml.InferenceAgent.';
  return { ...base, state: isAsked ? 'error' : 'info', says: `does not work: ${reason}`, ...(isAsked ? { todo } : {}) };
}
