import { expect, it } from 'vitest';
import { challengerPlan, modelPlan } from './promotions.ts';

it('tries a challenger on the canaries alone, by how often it agrees', () => {
  const { components, canary, waves, gate } = challengerPlan('1.1.0');
  expect(components).toMatchObject({ 'edgeml.challenger.PartsDetector': { componentVersion: '1.1.0' } });
  expect([canary.group, waves]).toEqual(['canary', []]);
  expect(gate.models).toMatchObject([{ version: '1.1.0', role: 'challenger', agreement: { minPercent: 25 } }]);
});

it('takes a model through every ring behind the same gate, drift included', () => {
  const { components, canary, waves, gate } = modelPlan('1.2.0');
  expect(Object.keys(components)).toEqual(['edgeml.model.PartsDetector']);
  expect([canary, ...waves].map(({ group }) => group)).toEqual(['canary', 'ring-1', 'ring-2', 'ring-3']);
  expect(gate).toMatchObject({ drift: 'new', quorumPercent: 100, models: [{ version: '1.2.0', role: 'champion' }] });
});
