import { describe, expect, it } from 'vitest';
import { awsModels } from '../../testing/outside-data/aws-models.ts';
import { needs } from '../../testing/outside-data/needs.ts';
import { measureFleet } from './measure-fleet.ts';

describe('measureFleet', await needs(awsModels), () => {
  it('counts the same requests for three devices and for three thousand', async () => {
    const measured = await measureFleet([3, 3_000], new AbortController().signal);
    const requestsOf = (what: string) => measured.filter((one) => one.what === what).map(({ requests }) => requests);
    for (const what of ['fleet --report', 'promote']) {
      const [few = 0, many = 0] = requestsOf(what);
      expect(few).toBe(many);
      expect(many).toBeLessThan(40);
    }
    const peaks = measured.map(({ peakMb }) => peakMb);
    expect(Math.min(...peaks)).toBeGreaterThan(20);
  });
});
