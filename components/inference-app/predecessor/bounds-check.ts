import { messageOf } from '#packages/foundation';
import type { Incidents, Logger } from '#packages/foundation';
import type { AgentClient, InvokeResult, ModelStatus } from '#packages/http';

/** Contents that a message of the old form claims: "Top 5 predictions with score 0.3 or above". */
export interface MessageBounds {
  readonly MaxResults: number;
  readonly ScoreThreshold: number;
}

export interface BoundsCheckOptions {
  readonly agent: Pick<AgentClient, 'models'>;
  /** Undefined for a source whose results have another form. */
  readonly wanted: (source: string) => MessageBounds | undefined;
  readonly incidents: Incidents;
  readonly log: Logger;
}

const CALL_MS = 5_000;

/**
 * Warns if a model itself leaves out predictions that the messages of its results promise. Looks once at each generation of a model,
 * and again after a change of the settings.
 */
export class BoundsCheck {
  readonly #options: BoundsCheckOptions;
  readonly #looked = new Map<string, string>();

  constructor(options: BoundsCheckOptions) {
    this.#options = options;
  }

  /** A model has answered. Never throws; the answer does not wait for it. */
  answered(source: string, { service, model }: InvokeResult): void {
    const { incidents, log } = this.#options;
    const wanted = this.#options.wanted(source);
    if (!wanted) {
      if (this.#looked.delete(service)) incidents.forget(subjectOf(service));
      return;
    }
    const key = JSON.stringify([model.hash, model.generation, wanted]);
    if (this.#looked.get(service) === key) return;
    this.#looked.set(service, key);
    this.#look(service, model.alias, wanted).catch((thrown: unknown) => {
      // The next answer asks again.
      this.#looked.delete(service);
      log.debug({ service, reason: messageOf(thrown) }, 'app.bounds-not-known');
    });
  }

  async #look(service: string, alias: string, wanted: MessageBounds): Promise<void> {
    const { agent, incidents } = this.#options;
    const models = await agent.models({ timeoutMs: CALL_MS });
    const bounds = models.find((one) => one.alias === alias)?.bounds;
    const cuts = bounds ? cutsOf(bounds, wanted) : [];
    const { MaxResults: max, ScoreThreshold: threshold } = wanted;
    const message = `messages say "Top ${max} predictions with score ${threshold} or above", but the model of ${service} itself ${cuts.join(' and ')}`;
    const todo =
      'Change output in model.json of the model, or GreengrassV2 of edgeml.InferenceApp, so that both say the same.';
    const facts = { service, ...bounds, message, todo };
    incidents.set(subjectOf(service), 'app.model-cuts', cuts.length > 0 ? facts : undefined);
  }
}

function subjectOf(service: string): string {
  return `bounds of ${service}`;
}

function cutsOf(
  { scoreThreshold, maxPredictions }: NonNullable<ModelStatus['bounds']>,
  { MaxResults, ScoreThreshold }: MessageBounds,
): readonly string[] {
  return [
    ...(scoreThreshold !== undefined && scoreThreshold > ScoreThreshold
      ? [`leaves out scores below ${scoreThreshold} (scoreThreshold)`]
      : []),
    ...(maxPredictions !== undefined && maxPredictions < MaxResults
      ? [`gives ${maxPredictions} predictions at most (topK or maxDetections)`]
      : []),
  ];
}
