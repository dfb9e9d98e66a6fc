import type { Acceptance, Bounds, Check, DeploymentReport, MemoryReport, ModelReport } from './report/twin-report.ts';

const MB = 1_000_000;

/** Everything that the gate looks at, in the order in which it happened. */
export function checksOf(
  deployment: DeploymentReport,
  models: readonly ModelReport[],
  memory: readonly MemoryReport[] | undefined,
  bounds: Bounds,
): readonly Check[] {
  const succeeded = deployment.status === 'SUCCEEDED';
  const checks: Check[] = [deploymentCheck(deployment), ...deployment.components.map(componentCheck)];
  if (!succeeded) return checks;
  const strictest = models.reduce((all, { acceptance }) => within(all, acceptance), bounds);
  return [
    ...checks,
    ...models.flatMap((model) => modelChecks(model, within(bounds, model.acceptance))),
    ...memoryChecks(memory, strictest),
  ];
}

/** Both: a bound that is given twice counts as the stricter one. */
function within(bounds: Bounds, more: Acceptance = {}): Bounds {
  const least = (one: number | undefined, other: number | undefined) =>
    one === undefined || other === undefined ? (one ?? other) : Math.min(one, other);
  const maxP95Ms = least(bounds.maxP95Ms, more.maxP95Ms);
  const maxMemoryMb = least(bounds.maxMemoryMb, more.maxMemoryMb);
  const minAccuracy = Math.max(bounds.minAccuracy ?? 0, more.minAccuracy ?? 0);
  return {
    requireProvider: bounds.requireProvider,
    ...(maxP95Ms === undefined ? {} : { maxP95Ms }),
    ...(maxMemoryMb === undefined ? {} : { maxMemoryMb }),
    ...(minAccuracy === 0 ? {} : { minAccuracy }),
  };
}

function deploymentCheck({ status, detail, error, seconds }: DeploymentReport): Check {
  const message = [status, detail && `(${detail})`, error].filter(Boolean).join(' ');
  return { suite: 'deployment', name: 'deployment', passed: status === 'SUCCEEDED', seconds, message };
}

function componentCheck({ name, version, state, reason }: DeploymentReport['components'][number]): Check {
  const passed = state === 'RUNNING' || state === 'FINISHED';
  const message = reason === undefined || passed ? state : `${state}: ${reason}`;
  return { suite: 'deployment', name: `${name} ${version}`, passed, seconds: 0, message };
}

function modelChecks(model: ModelReport, bounds: Bounds): readonly Check[] {
  const { alias, golden, latency } = model;
  const goldenChecks = golden.map(({ input, passed, differences, ms }): Check => ({
    suite: 'golden',
    name: `${alias} ${input}`,
    passed,
    seconds: ms / 1000,
    message: passed ? 'as expected' : differences.join('; '),
  }));
  const none: Check = {
    suite: 'golden',
    name: alias,
    passed: false,
    seconds: 0,
    message: 'the package has no golden cases, so nothing shows that the model works',
  };
  return [
    providerCheck(model, bounds),
    ...(golden.length > 0 ? goldenChecks : [none]),
    ...accuracyChecks(model, bounds),
    ...(latency ? latencyChecks(alias, latency, bounds) : []),
  ];
}

/** A bound that nothing was measured for is not kept. */
function accuracyChecks({ alias, accuracy }: ModelReport, { minAccuracy }: Bounds): readonly Check[] {
  const base = { suite: 'accuracy', seconds: 0 } as const;
  if (!accuracy) {
    const message = `${minAccuracy} is wanted, and there was no held-back set to measure it on (--held-back)`;
    return minAccuracy === undefined ? [] : [{ ...base, name: alias, passed: false, message }];
  }
  const { metric, value, images, failures } = accuracy;
  const isLow = minAccuracy !== undefined && !(value >= minAccuracy);
  const found = `${value} on ${images} held-back pictures`;
  const wanted = isLow ? `; ${minAccuracy} is wanted` : '';
  const failed = failures.length === 0 ? '' : `; ${failures.length} failed: ${failures[0]}`;
  const passed = !isLow && failures.length === 0;
  return [{ ...base, name: `${alias} ${metric}`, passed, message: `${found}${wanted}${failed}` }];
}

function providerCheck(model: ModelReport, { requireProvider }: Bounds): Check {
  const { alias, provider, requestedProviders, fallbacks, variant } = model;
  const reasons = fallbacks.map((one) => `${one.provider}: ${one.reason}`).join('; ');
  const wanted = requestedProviders[0] ?? provider;
  const message = `${provider}, ${variant}${wanted === provider ? '' : `; ${wanted} was wanted (${reasons})`}`;
  return {
    suite: 'model',
    name: `${alias} provider`,
    passed: !requireProvider || wanted === provider,
    seconds: 0,
    message,
  };
}

function latencyChecks(
  alias: string,
  latency: NonNullable<ModelReport['latency']>,
  { maxP95Ms }: Bounds,
): readonly Check[] {
  const { requests, failures, p50, p95, samples } = latency;
  const seconds = samples.reduce((sum, ms) => sum + ms, 0) / 1000;
  const found = `p50 ${p50} ms, p95 ${p95} ms over ${samples.length} requests`;
  const slow = maxP95Ms !== undefined && !(p95 <= maxP95Ms);
  return [
    {
      suite: 'latency',
      name: `${alias} answers`,
      passed: failures.length === 0,
      seconds: 0,
      message: failures.length === 0 ? `${requests} requests` : `${failures.length} failed; ${failures[0]}`,
    },
    {
      suite: 'latency',
      name: `${alias} p95`,
      passed: !slow,
      seconds,
      message: slow ? `${found}; ${maxP95Ms} ms are allowed` : found,
    },
  ];
}

function memoryChecks(memory: readonly MemoryReport[] | undefined, { maxMemoryMb }: Bounds): readonly Check[] {
  const base = { suite: 'memory', name: 'all components', seconds: 0 } as const;
  if (memory === undefined) {
    const message = 'the memory of processes can be measured on Linux only';
    return maxMemoryMb === undefined ? [] : [{ ...base, passed: false, message }];
  }
  const total = memory.reduce((sum, { peakBytes }) => sum + peakBytes, 0) / MB;
  const high = maxMemoryMb !== undefined && total > maxMemoryMb;
  const found = `${total.toFixed(0)} MB at their peak`;
  return [{ ...base, passed: !high, message: high ? `${found}; ${maxMemoryMb} MB are allowed` : found }];
}
