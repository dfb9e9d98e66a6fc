import type { ChallengerReport, ModelStatus } from '#packages/http';
import { hrefOf } from '../state/route.ts';
import { ChallengerEntry } from './challenger-entry.tsx';
import { Fact } from './fact.tsx';
import { GoldenPictures } from './golden-pictures.tsx';
import { clockWords, sizeWords } from './time-words.ts';

interface ModelEntryFacts {
  readonly model: ModelStatus;
  /** Runs beside it. */
  readonly challenger: ChallengerReport | undefined;
  readonly isOpen: boolean;
}

/** One model: a line of facts, the reasons for those that are not as they should be, and its golden pictures once it is opened. */
export function ModelEntry({ model, challenger, isOpen }: ModelEntryFacts) {
  const { alias, version, provider, variant, state, golden, memoryBytes, inFlight, workers, fallbacks } = model;
  return (
    <article class="model" aria-label={`Model ${alias}`}>
      <h2>
        <span class={`dot ${state === 'active' ? 'good' : 'idle'}`} aria-hidden="true" />
        <a href={hrefOf('models', isOpen ? '' : alias)} aria-expanded={isOpen}>
          {alias}
        </a>
        <span class="version">{version}</span>
        {state === 'retiring' && <span class="tile-word">ends once a successor is active</span>}
      </h2>
      <dl class="model-facts">
        <Fact
          name="Runs on"
          value={provider}
          more={fallbacks.length === 0 ? 'as asked for' : `asked for ${model.requestedProviders[0]}`}
        />
        {model.shares && <Fact name="On the CPU" value={cpuShare(model.shares)} more={cpuTime(model.shares)} />}
        <Fact name="Variant" value={variant} more={workers === 1 ? '' : `${workers} workers`} />
        <Fact
          name="Golden test"
          value={golden ? `${golden.passed} passed` : 'none'}
          more={golden?.latencyMs === undefined ? '' : `fastest ${golden.latencyMs} ms`}
        />
        <Fact
          name="Memory"
          value={memoryBytes === undefined ? 'of the agent' : sizeWords(memoryBytes)}
          more={`${inFlight} in flight`}
        />
        {model.drift && <Fact name="Drift" value={driftValue(model.drift)} more={driftMore(model.drift)} />}
        <Fact name="In service" value={`since ${clockWords(model.activatedAt)}`} more={signedWords(model)} />
      </dl>
      <Reasons model={model} />
      {challenger && <ChallengerEntry report={challenger} />}
      {isOpen && <GoldenPictures key={model.hash} alias={alias} />}
    </article>
  );
}

/** How much of the graph the accelerator left to the CPU. */
function cpuShare(shares: NonNullable<ModelStatus['shares']>): string {
  const all = Object.values(shares).reduce((sum, { nodes }) => sum + nodes, 0);
  return `${shares['cpu']?.nodes ?? 0} of ${all} nodes`;
}

function cpuTime(shares: NonNullable<ModelStatus['shares']>): string {
  const times = Object.values(shares).flatMap(({ runMs }) => runMs ?? []);
  if (times.length === 0) return '';
  const whole = times.reduce((sum, ms) => sum + ms, 0);
  return `${(shares['cpu']?.runMs ?? 0).toFixed(1)} of ${whole.toFixed(1)} ms`;
}

function signedWords({ signedBy }: ModelStatus): string {
  return signedBy === undefined ? 'not signed by a trusted key' : `signed by ${signedBy}`;
}

function driftValue(services: NonNullable<ModelStatus['drift']>): string {
  const drifting = services.filter(({ state }) => state === 'drifting').length;
  if (drifting > 0) return services.length === 1 ? 'drifting' : `${drifting} of ${services.length} services`;
  return services.every(({ state }) => state === 'steady') ? 'none' : 'learning';
}

function driftMore(services: NonNullable<ModelStatus['drift']>): string {
  const images = services.reduce((sum, service) => sum + service.images, 0);
  return `${images} pictures${services.some(({ weakBaseline }) => weakBaseline) ? ', weak baseline' : ''}`;
}

/** Reasons why it is not faster, not kept, refused at the next start, or confined less than it should be. */
function Reasons({
  model: { fallbacks, notKept, refusal, confinement, limits, killerInputs, drift = [] },
}: {
  readonly model: ModelStatus;
}) {
  const reasons = [
    ...drift.flatMap(({ service, drifts }) => drifts.map(({ message }) => `${service} drifts: ${message}`)),
    ...fallbacks.map(({ provider, reason }) => `Not on ${provider}: ${reason}`),
    ...(notKept ? [`A restart would not bring it back: ${notKept.error.message}`] : []),
    ...(refusal ? [`The next start would refuse it: ${refusal.message}`] : []),
    ...(confinement !== undefined && confinement !== 'full' ? [`Not wholly confined: ${confinement}`] : []),
    ...(limits === undefined ? [] : [`Limits: ${limits}`]),
    ...(killerInputs ?? []).map(
      ({ sha256, deaths, reason }) => `Input ${sha256.slice(0, 12)} ended it ${deaths}×: ${reason}`,
    ),
  ];
  if (reasons.length === 0) return null;
  return (
    <ul class="reasons">
      {reasons.map((reason) => (
        <li key={reason}>{reason}</li>
      ))}
    </ul>
  );
}
