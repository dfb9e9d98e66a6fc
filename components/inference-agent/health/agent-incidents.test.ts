import { beforeEach, describe, expect, it } from 'vitest';
import { Incidents, silentLogger } from '#packages/foundation';
import type { WireError } from '#packages/foundation';
import type { ModelStatus } from '#packages/http';
import { FakeClock } from '../../../testing/clock/fake-clock.ts';
import { agentErrors } from '../errors.ts';
import { AgentIncidents } from './agent-incidents.ts';

const error: WireError = {
  code: 'model.io',
  message: 'ENOSPC: no space left on device',
  todo: 'Make room.',
  facts: {},
};
const parts = {
  alias: 'Parts',
  name: 'Parts',
  version: '1.2.0',
  provider: 'cpu',
  fallbacks: [] as ModelStatus['fallbacks'],
} as ModelStatus;

let models: ModelStatus[];
let quarantined: boolean;
let clock: FakeClock;
let incidents: Incidents;
let agent: AgentIncidents;

beforeEach(() => {
  [models, quarantined, clock] = [[parts], false, new FakeClock()];
  incidents = new Incidents(silentLogger, { clock });
  const facts = { alias: 'Parts', name: 'Parts', version: '2.0.0', hash: 'f', reason: 'SIGSEGV', deaths: 2, since: '' };
  agent = new AgentIncidents({
    incidents,
    models: () => models,
    quarantine: {
      aliases: () => (quarantined ? ['Parts'] : []),
      refusal: () => agentErrors.error('model.quarantined', 'Parts 2.0.0 is in quarantine', { facts }),
    },
    stalled: { facts: () => new Map() },
    clock,
  });
});

const messages = (): readonly string[] => {
  agent.look();
  return incidents.current.map(({ severity, message }) => `${severity}: ${message}`);
};

describe('AgentIncidents', () => {
  it('says that a model does not run on what was asked for, and why', () => {
    models = [{ ...parts, fallbacks: [{ provider: 'cuda', reason: 'no CUDA driver' }] }];
    expect(messages()).toEqual(['warning: Parts runs on cpu, not on cuda: cuda: no CUDA driver']);
    models = [parts];
    expect(messages()).toEqual([]);
  });

  it('says that a restart would bring back another version, since the disk is full', () => {
    models = [{ ...parts, notKept: { error, restores: { name: 'Parts', version: '1.1.0' } } }];
    expect(messages()).toEqual([
      'error: Parts 1.2.0 serves, and a restart of the agent would bring back Parts 1.1.0: ENOSPC: no space left on device',
    ]);
  });

  it('says which version is in quarantine, and what serves in its place', () => {
    quarantined = true;
    expect(messages()).toEqual(['error: Parts 2.0.0 is in quarantine; 1.2.0 serves in its place']);
    models = [];
    expect(messages()).toEqual(['error: Parts 2.0.0 is in quarantine; nothing serves in its place']);
  });

  it('remembers a package that was refused until another one of its alias serves', () => {
    agent.observe('model.rejected', { alias: 'Parts', path: '/p', error, serving: parts });
    expect(messages()).toEqual([
      'error: a package for Parts was refused, 1.2.0 serves on: ENOSPC: no space left on device',
    ]);
    agent.observe('model.activated', {
      model: { ...parts, alias: 'Others' },
      provider: 'cpu',
      variant: 'v',
      durationMs: 1,
    });
    expect(messages()).toHaveLength(1);
    agent.observe('model.activated', { model: parts, provider: 'cpu', variant: 'v', durationMs: 1 });
    expect(messages()).toEqual([]);
  });

  it('counts processes that ended, and forgets them after ten minutes', async () => {
    for (let n = 0; n < 2; n++) agent.observe('model.fault', { model: parts, reason: 'signal', message: 'SIGSEGV' });
    expect(messages()).toEqual(['warning: 2 processes of Parts ended recently: SIGSEGV']);
    await clock.advance(10 * 60_000 + 1);
    expect(messages()).toEqual([]);
  });

  it('says that a configuration is not taken until one is', () => {
    agent.observe('configuration.rejected', { error: { ...error, message: '/QueueLength: expected a number' } });
    expect(messages()).toEqual([
      'error: the configuration is not taken, the one before holds: /QueueLength: expected a number',
    ]);
    agent.observe('configuration.applied', { restartNeeded: [] });
    expect(messages()).toEqual([]);
  });
});
