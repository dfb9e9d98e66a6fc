import { describe, expect, it } from 'vitest';
import { checksOf } from '../checks.ts';
import { latencyChart } from './charts.ts';
import { reportHtml } from './html.ts';
import { junitXml } from './junit.ts';
import type { Bounds, ModelReport, TwinReport } from './twin-report.ts';

const bounds: Bounds = { requireProvider: true, maxP95Ms: 10, maxMemoryMb: 100 };
const model: ModelReport = {
  alias: 'Street<1>',
  name: 'Street',
  version: '1.0.0',
  hash: 'ab'.repeat(32),
  provider: 'cpu',
  variant: 'model.onnx',
  requestedProviders: ['cuda', 'cpu'],
  fallbacks: [{ provider: 'cuda', reason: 'no "driver" & no card' }],
  golden: [{ input: 'a&b.jpg', passed: false, differences: ['class 1 (dog) is missing'], predictions: [], ms: 12 }],
  latency: { images: 1, requests: 4, failures: [], p50: 9, p95: 9.5, max: 9.5, samples: [8, 9, 9, 9.5] },
};
const deployment = { status: 'SUCCEEDED', seconds: 3, components: [{ name: 'a', version: '1.0.0', state: 'RUNNING' }] };
const memory = [{ component: 'a', processes: 1, peakBytes: 90_000_000 }];

function reportOf(models: readonly ModelReport[]): TwinReport {
  const checks = checksOf(deployment, models, memory, bounds);
  return {
    schemaVersion: 1,
    passed: checks.every(({ passed }) => passed),
    name: 'line <3> & "4"',
    startedAt: '2026-03-01T10:00:00.000Z',
    seconds: 12.3,
    machine: { os: 'linux', architecture: 'x64', cores: 2, cpu: 'test' },
    nucleus: 'java',
    deployment,
    models,
    memory,
    bounds,
    checks,
  };
}

describe('the gate', () => {
  const failed = (...parameters: Parameters<typeof checksOf>) =>
    checksOf(...parameters).flatMap(({ suite, passed, message }) => (passed ? [] : [`${suite}: ${message}`]));

  it('fails a fallback if the provider is required, and a golden case that differs', () => {
    expect(failed(deployment, [model], memory, bounds)).toEqual([
      'model: cpu, model.onnx; cuda was wanted (cuda: no "driver" & no card)',
      'golden: class 1 (dog) is missing',
    ]);
    expect(failed(deployment, [model], memory, { requireProvider: false })).toHaveLength(1);
  });

  it('fails a model without golden cases, late answers, requests without one and too much memory', () => {
    const latency = { ...model.latency!, p95: 11, failures: ['a.jpg: no answer'] };
    const bad = { ...model, golden: [], fallbacks: [], requestedProviders: ['cpu'], latency };
    const more = [...memory, { component: 'b', processes: 2, peakBytes: 20_000_000 }];
    expect(failed(deployment, [bad], more, bounds)).toEqual([
      'golden: the package has no golden cases, so nothing shows that the model works',
      'latency: 1 failed; a.jpg: no answer',
      'latency: p50 9 ms, p95 11 ms over 4 requests; 10 ms are allowed',
      'memory: 110 MB at their peak; 100 MB are allowed',
    ]);
  });

  it('fails a latency that could not be measured, and a memory bound where memory cannot be', () => {
    const none = { ...model.latency!, samples: [], p50: NaN, p95: NaN, max: NaN };
    const unmeasured = failed(deployment, [{ ...model, latency: none }], undefined, bounds);
    expect(unmeasured.filter((line) => /^(latency|memory)/.test(line))).toHaveLength(2);
    expect(failed(deployment, [], undefined, { requireProvider: false })).toEqual([]);
  });

  it('looks no further than a deployment that failed', () => {
    const broken = { ...deployment, status: 'FAILED', detail: 'FAILED_ROLLBACK_COMPLETE', error: 'a is BROKEN' };
    expect(failed(broken, [], [], bounds)).toEqual(['deployment: FAILED (FAILED_ROLLBACK_COMPLETE) a is BROKEN']);
  });
});

describe('the report', () => {
  it('escapes what others wrote, in XML and HTML', () => {
    const xml = junitXml(reportOf([model]));
    expect(xml).toContain('<testsuites name="line &lt;3&gt; &amp; &quot;4&quot;" tests="7" failures="2" time="12.3">');
    expect(xml).toContain('name="Street&lt;1&gt; a&amp;b.jpg"');
    const html = reportHtml(reportOf([model]));
    expect(html).toContain('line &lt;3&gt; &amp; &quot;4&quot;');
    expect(html).not.toContain('Street<1>');
    expect(html).not.toContain('line <3>');
  });

  it('leaves out characters that XML does not know', () => {
    const odd = {
      ...model,
      golden: [{ ...model.golden[0]!, differences: ['\u0000\u001b[31mred\ud800 ok \u{1f600}'] }],
    };
    expect(junitXml(reportOf([odd]))).toContain('message="[31mred ok \u{1f600}"');
  });

  it('counts every sample in one bar of the histogram', () => {
    const chart = latencyChart([1, 2, 2, 50], [{ label: 'p95', ms: 50, className: 'p95' }]);
    const counts = [...chart.matchAll(/<title>(\d+) of 4<\/title>/g)].map(([, count]) => Number(count));
    expect(counts.reduce((sum, count) => sum + count, 0)).toBe(4);
    expect(latencyChart([0], [])).not.toContain('NaN');
  });
});
