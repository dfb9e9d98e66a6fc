import type { IncidentFacts } from '#packages/foundation';
import type { ModelStatus } from '#packages/http';

/** Troubles of models that serve: facts by subject, by the event that tells of them. */
export function modelFacts(models: readonly ModelStatus[]): ReadonlyMap<string, ReadonlyMap<string, IncidentFacts>> {
  return new Map(KINDS.map(([event, subject, factsOf]) => [event, of(models, subject, factsOf)]));
}

type FactsOf = (model: ModelStatus) => IncidentFacts | undefined;

const KINDS: readonly (readonly [event: string, subject: string, factsOf: FactsOf])[] = [
  ['provider.fallback', 'provider of', fallback],
  ['model.not-kept', 'record of', notKept],
  ['model.disallowed', 'policy for', disallowed],
  ['model.killer-inputs', 'inputs of', killerInputs],
];

function of(models: readonly ModelStatus[], subject: string, factsOf: FactsOf): ReadonlyMap<string, IncidentFacts> {
  return new Map(
    models.flatMap((model) => {
      const facts = factsOf(model);
      return facts ? [[`${subject} ${model.alias}`, facts] as const] : [];
    }),
  );
}

function fallback({ alias, provider, fallbacks }: ModelStatus): IncidentFacts | undefined {
  if (fallbacks.length === 0) return undefined;
  const reasons = fallbacks.map((step) => `${step.provider}: ${step.reason}`).join('; ');
  return {
    message: `${alias} runs on ${provider}, not on ${fallbacks[0]?.provider}: ${reasons}`,
    todo: 'Run `edgeml doctor`: it says what each provider lacks here. Set Providers to what the device has, or RequireProvider to refuse a fallback.',
    provider,
  };
}

function notKept({ alias, version, notKept }: ModelStatus): IncidentFacts | undefined {
  if (!notKept) return undefined;
  const { error, restores } = notKept;
  const restored = restores === undefined ? 'no model' : `${restores.name} ${restores.version}`;
  return {
    message: `${alias} ${version} serves, and a restart of the agent would bring back ${restored}: ${error.message}`,
    todo: error.todo,
    severity: 'error',
  };
}

function disallowed({ alias, version, refusal }: ModelStatus): IncidentFacts | undefined {
  if (!refusal) return undefined;
  return { message: `${alias} ${version} serves, and would be refused at the next start: ${refusal.message}` };
}

function killerInputs({ alias, killerInputs: inputs = [] }: ModelStatus): IncidentFacts | undefined {
  if (inputs.length === 0) return undefined;
  const count = inputs.length === 1 ? 'an input' : `${inputs.length} inputs`;
  return {
    message: `${count} ended the process of ${alias}: ${inputs[0]?.reason}`,
    todo: 'See killerInputs of GET /v1/models; what is kept lies in killer-inputs of the work folder of edgeml.InferenceAgent.',
  };
}
