import { mkdir } from 'node:fs/promises';
import { sleep } from '#packages/foundation';
import type { ComponentService } from '../lifecycle/component-service.ts';
import type { ComponentDefinition } from '../lifecycle/definition.ts';
import type { RunningComponent } from '../lifecycle/running-component.ts';
import type { ActivationContext } from './activation-context.ts';
import { runBootstraps } from './bootstrap.ts';
import { coreErrors } from '../errors.ts';

/** How often the nucleus looks whether all components have reached their states. */
const LOOK_MS = 1000;

/**
 * Makes the components what `definitions` says, and resolves when all are RUNNING or FINISHED.
 *
 * @throws deployment.component-broken, deployment.bootstrap-failed, deployment.interrupted
 */
export async function activate(
  context: ActivationContext,
  definitions: ReadonlyMap<string, ComponentDefinition>,
  options: { readonly untracked?: ReadonlySet<string>; readonly bootstrap: boolean },
): Promise<void> {
  const since = await applyDefinitions(context, definitions, options);
  const tracked = [...definitions.keys()].filter((name) => !options.untracked?.has(name));
  await (context.strictLite ? allStarted(context, tracked, since) : allReached(context, tracked, since));
}

/**
 * New components start, changed ones restart or install again, BROKEN ones install again; those that are not named stay
 * (see `removeObsolete`). Does not wait for them.
 *
 * @throws deployment.bootstrap-failed
 */
export async function applyDefinitions(
  context: ActivationContext,
  definitions: ReadonlyMap<string, ComponentDefinition>,
  options: { readonly bootstrap: boolean },
): Promise<ReadonlyMap<ComponentService, Marks>> {
  const { running, graph, create, paths } = context;
  for (const name of definitions.keys()) await mkdir(paths.work(name), { recursive: true });
  const added = [...definitions].filter(([name]) => !running.has(name)).map(([, one]) => create(one));
  if (options.bootstrap) await bootstrapOrDrop(context, definitions, added);
  const broken = new Set([...running.values()].filter(({ service }) => service.state === 'BROKEN'));
  for (const component of added) {
    running.set(component.service.name, component);
    graph.add(component.service);
  }
  const since = new Map([...running.values()].map(({ service }) => [service, marksOf(service)]));
  for (const [name, definition] of definitions) running.get(name)?.service.redefine(definition);
  for (const component of broken) if (definitions.has(component.service.name)) component.service.requestReinstall();
  if (context.strictLite) startAgain(running, definitions);
  for (const { service } of added) service.requestStart();
  return since;
}

/** Ends and forgets the components that `definitions` does not name; their uninstall scripts run. */
export async function removeObsolete(
  context: ActivationContext,
  definitions: ReadonlyMap<string, ComponentDefinition>,
): Promise<readonly string[]> {
  const obsolete = [...context.running].filter(([name]) => !definitions.has(name));
  await Promise.all(obsolete.map(([, { service }]) => context.graph.close(service, { uninstall: true })));
  for (const [name, { log }] of obsolete) {
    context.running.delete(name);
    context.graph.remove(name);
    log.close();
  }
  return obsolete.map(([name]) => name);
}

/**
 * A component that became BROKEN since then fails at once; success is looked for once a second, as the nucleus does.
 * One that erred meanwhile has to have stood still between two looks: between its errors it is RUNNING for a moment too.
 */
async function allReached(
  context: ActivationContext,
  names: readonly string[],
  since: ReadonlyMap<ComponentService, Marks>,
): Promise<void> {
  const services = names.flatMap((name) => context.running.get(name)?.service ?? []);
  const over = new AbortController();
  const broken = context.graph.until(
    () => services.find((one) => one.timesBroken > (since.get(one)?.timesBroken ?? 0)),
    over.signal,
  );
  const changesAtLook = new Map<ComponentService, number>();
  const isDone = (one: ComponentService): boolean => {
    const steady = one.timesErrored === (since.get(one)?.timesErrored ?? 0) || changesAtLook.get(one) === one.changes;
    changesAtLook.set(one, one.changes);
    return hasReached(one) && steady;
  };
  try {
    while (services.filter((one) => !isDone(one)).length > 0) {
      const tick = sleep(context.clock, LOOK_MS, AbortSignal.any([over.signal, context.stopping])).catch(
        () => undefined,
      );
      const failed = await Promise.race([broken, tick]);
      if (failed) throw brokenError(failed);
      if (context.stopping.aborted) throw coreErrors.error('deployment.interrupted', 'the core was stopped');
    }
  } finally {
    over.abort();
  }
}

/** A deployment of nucleus lite starts every unit that is not active: scripts that came to their end, and what died with a dependency. */
function startAgain(
  running: ActivationContext['running'],
  definitions: ReadonlyMap<string, ComponentDefinition>,
): void {
  for (const name of definitions.keys()) {
    const service = running.get(name)?.service;
    if (service?.state === 'FINISHED') service.requestRestart();
  }
}

/**
 * Nucleus lite waits until every unit has started once. A `run` has started with its process (Type=exec), so that what fails a moment
 * later fails behind a deployment that succeeded; a `startup` has when it says so.
 */
async function allStarted(
  context: ActivationContext,
  names: readonly string[],
  since: ReadonlyMap<ComponentService, Marks>,
): Promise<void> {
  const services = names.flatMap((name) => context.running.get(name)?.service ?? []);
  const isDone = (one: ComponentService): boolean =>
    one.timesStarted > (since.get(one)?.timesStarted ?? 0) ||
    (hasReached(one) && one.changes === since.get(one)?.changes);
  const look = (): ComponentService | 'all' | undefined => {
    const broken = services.find((one) => one.timesBroken > (since.get(one)?.timesBroken ?? 0));
    return broken ?? (services.every(isDone) ? 'all' : undefined);
  };
  // The core lives longer than a deployment.
  const over = new AbortController();
  const interrupted = new Promise<'stopping'>((resolve) => {
    if (context.stopping.aborted) resolve('stopping');
    context.stopping.addEventListener('abort', () => resolve('stopping'), { once: true, signal: over.signal });
  });
  const outcome = await Promise.race([context.graph.until(look, context.stopping), interrupted]).finally(() =>
    over.abort(),
  );
  if (outcome === 'stopping') throw coreErrors.error('deployment.interrupted', 'the core was stopped');
  if (outcome !== 'all') throw brokenError(outcome);
}

interface Marks {
  readonly timesBroken: number;
  readonly timesErrored: number;
  readonly timesStarted: number;
  readonly changes: number;
}

function marksOf({ timesBroken, timesErrored, timesStarted, changes }: ComponentService): Marks {
  return { timesBroken, timesErrored, timesStarted, changes };
}

/** Components that were never started have nothing to roll back: they are ended where a bootstrap fails. */
async function bootstrapOrDrop(
  context: ActivationContext,
  definitions: ReadonlyMap<string, ComponentDefinition>,
  added: readonly RunningComponent[],
): Promise<void> {
  try {
    await runBootstraps(context, definitions, added);
  } catch (error) {
    await Promise.all(added.map(({ service }) => service.close()));
    for (const { log } of added) log.close();
    throw error;
  }
}

function hasReached(service: ComponentService): boolean {
  return service.reachedDesiredState && (service.state === 'RUNNING' || service.state === 'FINISHED');
}

function brokenError({ name, definition, statusReason }: ComponentService): Error {
  return coreErrors.error(
    'deployment.component-broken',
    `${name} ${definition.version} is BROKEN: ${statusReason ?? 'no reason given'}`,
    { facts: { component: name, version: definition.version, reason: statusReason } },
  );
}
