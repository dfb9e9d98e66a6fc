import path from 'node:path';
import type { ResultMessage } from '#packages/http';
import type { LocalCore } from '../../local-core/local-core.ts';
import { cliErrors } from '../errors.ts';
import type { Output } from '../frame/output.ts';
import { resultLine } from '../results/result-line.ts';
import type { ComponentWatch } from './component-watch.ts';
import type { Inbox } from './collection.ts';
import type { ResultPace } from './result-pace.ts';
import type { IncidentWatch } from './incident-watch.ts';
import { consoleAddress, openInBrowser } from './console.ts';
import { ResultClock } from './result-clock.ts';
import { onResults } from './result-stream.ts';
import type { ResultTally } from './result-tally.ts';

export interface RunContext {
  readonly incidents: Pick<IncidentWatch, 'speak'>;
  /** Results to wait for; undefined: none. */
  readonly tally: ResultTally | undefined;
  /** Words for the answered images when the tally is complete, e.g. `30 sample images`; without a tally, for the running models. */
  readonly what: string;
  /** Picks the results that are shown; undefined: all. */
  readonly pace: ResultPace | undefined;
  readonly inbox: Inbox | undefined;
  /** Whether it ends when the results are there. */
  readonly once: boolean;
  /** Whether the console is opened in the browser. */
  readonly openConsole: boolean;
  /** Something to say of the broker. */
  readonly brokerNote: string | undefined;
  readonly out: Output;
  readonly signal: AbortSignal;
  readonly timeoutMs: number;
}

/**
 * Deploys, waits for the results that are due, then for Ctrl-C unless it is to run once. Returns the exit code.
 *
 * @throws EdgeError `cli.deployment-failed`, `cli.component-failed`, `cli.timeout`; the signal's reason when aborted
 */
export async function runCollection(
  core: LocalCore,
  watch: ComponentWatch,
  request: Parameters<LocalCore['deploy']>[0],
  context: RunContext,
): Promise<number> {
  const { out, signal, tally, once } = context;
  const answered = new ResultClock(context.timeoutMs, () =>
    cliErrors.error(
      'cli.timeout',
      `no result for ${context.timeoutMs / 1000} s; still without one: ${tally?.missing.join(', ')}`,
    ),
  );
  const started = performance.now();
  const end = onResults(core, (result) => {
    const isDue = tally?.take(result) ?? false;
    if (isDue || (context.pace?.isDue(result) ?? true)) show(result, out);
    if (isDue) answered.next(tally?.complete ?? false);
  });
  try {
    out.progress('Unpacking and installing the components …');
    await deploy(core, request, signal);
    context.incidents.speak();
    showConsole(core, context);
    if (tally && !tally.complete) await answered.complete(AbortSignal.any([signal, watch.broken]));
    const seconds = ((performance.now() - started) / 1000).toFixed(1);
    const summary = `${context.what} ${tally ? 'answered' : 'running'}`;
    sayWhereThingsAre(core, context, `${summary} ${seconds} s after the deployment began`);
    // From here on other commands deploy too: a component that breaks is told, and does not end the rest.
    if (!once) await aborted(signal);
    return (tally?.errors ?? 0) === 0 ? 0 : 1;
  } finally {
    end();
    answered.close();
  }
}

/** @throws EdgeError `cli.deployment-failed` */
async function deploy(
  core: LocalCore,
  request: Parameters<LocalCore['deploy']>[0],
  signal: AbortSignal,
): Promise<void> {
  const outcome = await core.deploy(request, signal);
  signal.throwIfAborted();
  if (outcome.status === 'SUCCEEDED') return;
  const { deploymentId, status, detailedStatus: detail, error: cause } = outcome;
  throw cliErrors.error(
    'cli.deployment-failed',
    `the deployment ended ${status}${detail ? ` (${detail})` : ''}: ${cause ?? 'no reason given'}`,
    { facts: { deploymentId, status, ...(detail ? { detail } : {}), ...(cause ? { cause } : {}) } },
  );
}

function show(result: ResultMessage, out: Output): void {
  const { image, service, predictions, timings, truncated, error } = result;
  out.json({
    image,
    service,
    predictions,
    timings: timings ?? null,
    ...(truncated === undefined ? {} : { truncated }),
    ...(error ? { error } : {}),
  });
  if (!out.isJson) out.line(resultLine(result, out));
}

function showConsole({ root }: LocalCore, { openConsole }: RunContext): void {
  const address = consoleAddress(root);
  if (openConsole && address !== undefined) openInBrowser(address);
}

function sayWhereThingsAre(core: LocalCore, { out, inbox, once, brokerNote }: RunContext, summary: string): void {
  out.note('');
  out.note(out.paint('bold', summary));
  const address = consoleAddress(core.root);
  if (address !== undefined) out.note(`Console           ${address}`);
  out.note(`Annotated images  ${path.join(core.root, 'work/edgeml.InferenceApp/annotated')}`);
  out.note(`Logs              ${path.join(core.root, 'logs')}`);
  if (core.mqttUrl !== undefined)
    out.note(`MQTT broker       ${core.mqttUrl}${brokerNote === undefined ? '' : ` (${brokerNote})`}`);
  if (inbox) out.note(`Drop images into  ${inbox.scenes} (scenes), ${inbox.closeups} (close-ups)`);
  if (!once) out.note('Ctrl-C stops everything.');
}

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener('abort', () => resolve(), { once: true });
  });
}
