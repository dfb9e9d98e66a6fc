import { isDeepStrictEqual } from 'node:util';
import type { ComponentDefinition } from '../lifecycle/definition.ts';
import type { RunningComponent } from '../lifecycle/running-component.ts';
import { withinTime } from '../lifecycle/service-graph.ts';
import { timeoutOf } from '../../recipe/lifecycle.ts';
import { coreErrors } from '../errors.ts';
import type { ActivationContext } from './activation-context.ts';

/** Exit codes by which a bootstrap script asks for a restart of the nucleus or of the device. */
const RESTART_CODES = [100, 101];

/**
 * Runs `bootstrap` of every component whose version or bootstrap script changes, dependencies first. The nucleus restarts
 * for that, so all components are stopped before; they start again with the activation that follows.
 *
 * @throws deployment.bootstrap-failed
 */
export async function runBootstraps(
  context: ActivationContext,
  definitions: ReadonlyMap<string, ComponentDefinition>,
  added: readonly RunningComponent[],
): Promise<void> {
  const needed = inDependencyOrder(definitions).filter((definition) =>
    needsBootstrap(context.running.get(definition.name)?.service.definition, definition),
  );
  if (needed.length === 0) return;
  const wereActive = context.graph.services.filter(
    (service) => service.state !== 'FINISHED' || !service.reachedDesiredState,
  );
  await context.graph.stopAll();
  try {
    for (const definition of needed) {
      const component =
        context.running.get(definition.name) ?? added.find((one) => one.service.name === definition.name);
      if (component) await bootstrap(context, component, definition);
    }
  } finally {
    for (const service of wereActive) service.requestStart();
  }
}

function needsBootstrap(before: ComponentDefinition | undefined, after: ComponentDefinition): boolean {
  const step = after.lifecycle.steps.bootstrap;
  if (!step) return false;
  return before?.version !== after.version || !isDeepStrictEqual(before.lifecycle.steps.bootstrap, step);
}

async function bootstrap(
  context: ActivationContext,
  { scripts, processes }: RunningComponent,
  definition: ComponentDefinition,
): Promise<void> {
  const script = scripts.start('bootstrap', definition);
  if (!script) return;
  const seconds = timeoutOf(definition.lifecycle, 'bootstrap') ?? 0;
  const inTime = await withinTime(context.clock, seconds * 1000, script.ended);
  if (!inTime) await processes.stop();
  const end = inTime ? await script.ended : { code: undefined, description: `timed out after ${seconds} s` };
  if (end.code === 0) return;
  if (end.code !== undefined && RESTART_CODES.includes(end.code)) {
    context.log.info({ component: definition.name, code: end.code }, 'deployment.bootstrap-asked-for-restart');
    return;
  }
  const message = `bootstrap of ${definition.name} ${definition.version}: ${end.description}`;
  throw coreErrors.error('deployment.bootstrap-failed', message, { facts: { component: definition.name } });
}

function inDependencyOrder(definitions: ReadonlyMap<string, ComponentDefinition>): ComponentDefinition[] {
  const ordered = new Set<ComponentDefinition>();
  const visit = (definition: ComponentDefinition): void => {
    if (ordered.has(definition)) return;
    for (const name of Object.keys(definition.dependencies)) {
      const dependency = definitions.get(name);
      if (dependency) visit(dependency);
    }
    ordered.add(definition);
  };
  for (const definition of definitions.values()) visit(definition);
  return [...ordered];
}
