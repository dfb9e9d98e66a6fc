import path from 'node:path';
import type { ResultMessage } from '#packages/http';
import type { LocalCore } from '../../local-core/local-core.ts';
import { cliErrors } from '../errors.ts';
import type { Output } from '../frame/output.ts';
import { resultLine } from '../results/result-line.ts';
import type { ComponentWatch } from './component-watch.ts';
import type { Inbox } from './collection.ts';
import { ResultClock } from './result-clock.ts';
import { onResults, SampleTally } from './result-stream.ts';
import type { SampleSet } from './samples.ts';

export interface RunContext {
  readonly samples: readonly SampleSet[];
  readonly inbox: Inbox | undefined;
  readonly out: Output;
  readonly signal: AbortSignal;
  readonly timeoutMs: number;
}

/**
 * Deploys, waits for the samples, then for Ctrl-C where there is an inbox. Returns the exit code.
 *
 * @throws EdgeError `cli.deployment-failed`, `cli.component-failed`, `cli.timeout`; the signal's reason when aborted
 */
export async function runCollection(
  core: LocalCore,
  watch: ComponentWatch,
  request: Parameters<LocalCore['deploy']>[0],
  context: RunContext,
): Promise<number> {
  const { out, signal, inbox } = context;
  const tally = new SampleTally(context.samples);
  const answered = new ResultClock(context.timeoutMs, () =>
    cliErrors.error(
      'cli.timeout',
      `no result for ${context.timeoutMs / 1000} s; still without one: ${tally.missing.join(', ')}`,
    ),
  );
  const started = performance.now();
  const end = onResults(core, (result) => {
    const isSample = tally.take(result);
    show(result, out);
    if (isSample) answered.next(tally.complete);
  });
  try {
    out.progress('Unpacking and installing the components …');
    const outcome = await core.deploy(request, signal);
    signal.throwIfAborted();
    if (outcome.status !== 'SUCCEEDED') {
      const { deploymentId, status, detailedStatus: detail, error: cause } = outcome;
      throw cliErrors.error(
        'cli.deployment-failed',
        `the deployment ended ${status}${detail ? ` (${detail})` : ''}: ${cause ?? 'no reason given'}`,
        { facts: { deploymentId, status, ...(detail ? { detail } : {}), ...(cause ? { cause } : {}) } },
      );
    }
    await answered.complete(AbortSignal.any([signal, watch.broken]));
    const seconds = ((performance.now() - started) / 1000).toFixed(1);
    sayWhereThingsAre(core, context, `${tally.total} sample images answered ${seconds} s after the deployment began`);
    // From here on other commands deploy too: a component that breaks is told, and does not end the rest.
    if (inbox) await aborted(signal);
    return tally.errors === 0 ? 0 : 1;
  } finally {
    end();
    answered.close();
  }
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

function sayWhereThingsAre(core: LocalCore, { out, inbox }: RunContext, summary: string): void {
  out.note('');
  out.note(out.paint('bold', summary));
  out.note(`Annotated images  ${path.join(core.root, 'work/edgeml.InferenceApp/annotated')}`);
  out.note(`Logs              ${path.join(core.root, 'logs')}`);
  if (core.mqttUrl !== undefined) out.note(`MQTT broker       ${core.mqttUrl}`);
  if (!inbox) return;
  out.note(`Drop images into  ${inbox.scenes} (scenes), ${inbox.closeups} (close-ups)`);
  out.note('Ctrl-C stops everything.');
}

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener('abort', () => resolve(), { once: true });
  });
}
