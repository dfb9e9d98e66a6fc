import { spawn } from 'node:child_process';
import path from 'node:path';
import process from 'node:process';
import { createInterface } from 'node:readline';
import { PROJECT } from '../../tools/bundle/project.ts';
import { PYTHON_WITH_MODULES } from '../outside-data/python.ts';

export interface PipelineRun {
  readonly definition: object;
  /** ARN of the topic that the mails go to. */
  readonly topic: string;
  readonly name: string;
  readonly input: object;
}

/** The parts of a run that moto does not play. */
export interface PipelineHands {
  /** Runs a build specification; false: it failed. */
  build(specification: string, variables: Readonly<Record<string, string>>): Promise<boolean>;
  invoke(event: unknown): Promise<unknown>;
  /** Words behind `aws stepfunctions`; undefined: nobody answers. */
  mail(text: string): readonly string[] | undefined;
}

export interface PipelineEnd {
  readonly status: string;
  readonly error: string | null;
  readonly states: readonly string[];
}

/** Runs a state machine in moto's interpreter (run_state_machine.py), with builds, functions and people of the caller. */
export async function runPipeline(run: PipelineRun, hands: PipelineHands): Promise<PipelineEnd> {
  const script = path.join(PROJECT, 'testing/pipeline/run_state_machine.py');
  // Endpoints of AWS in the environment of the test are not for moto.
  const env = Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith('AWS_')));
  const child = spawn(PYTHON_WITH_MODULES, [script], { stdio: ['pipe', 'pipe', 'inherit'], env });
  const say = (value: object): boolean => child.stdin.write(`${JSON.stringify(value)}\n`);
  try {
    say(run);
    for await (const line of createInterface({ input: child.stdout })) {
      const said = JSON.parse(line) as Said;
      if (said.end) return said.end;
      if (said.build) say({ ok: await hands.build(said.build.BuildspecOverride, variablesOf(said.build)) });
      else if (said.mail === undefined) say({ output: await hands.invoke(said.function) });
      else say({ command: hands.mail(said.mail) });
    }
    throw new Error('run_state_machine.py has ended without a result; what it said is above');
  } finally {
    child.kill();
  }
}

interface Said {
  readonly build?: Build;
  readonly function?: unknown;
  readonly mail?: string;
  readonly end?: PipelineEnd;
}

interface Build {
  readonly BuildspecOverride: string;
  readonly EnvironmentVariablesOverride: readonly { readonly Name: string; readonly Value: string }[];
}

function variablesOf({ EnvironmentVariablesOverride }: Build): Readonly<Record<string, string>> {
  return Object.fromEntries(EnvironmentVariablesOverride.map(({ Name, Value }) => [Name, Value]));
}
