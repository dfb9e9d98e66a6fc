import { expect, it } from 'vitest';
import { Incidents } from '../log/incidents.ts';
import { silentLogger } from '../log/logger.ts';
import { watchDescriptors } from './watch-descriptors.ts';

it('tells when few descriptors are left, and goes on telling until there are plenty', () => {
  const incidents = new Incidents(silentLogger);
  const told = (descriptors: number) => {
    watchDescriptors(incidents, { descriptors, maxDescriptors: 1_000 });
    return incidents.current.map(({ code, severity, message }) => [code, severity, message.split(',')[0]]);
  };
  expect(told(899)).toEqual([]);
  const open = [['descriptors.low', 'error', '900 files']];
  expect(told(900)).toEqual(open);
  expect(told(760)).toEqual([['descriptors.low', 'error', '900 files']]);
  expect(told(749)).toEqual([]);
  expect(told(760)).toEqual([]);
});

it('looks at this process, which has room', () => {
  const incidents = new Incidents(silentLogger);
  watchDescriptors(incidents);
  expect(incidents.current).toEqual([]);
});
