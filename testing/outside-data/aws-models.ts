import path from 'node:path';
import { inject } from 'vitest';
import { messageOf, readTextIfAny, writeAtomically } from '#packages/foundation';
import { serviceModelFolder } from '../aws-models/service-models.ts';
import type { OutsideData } from './needs.ts';

/** The models by which the stand-in for AWS checks requests. They are fetched here, once. */
export const awsModels: OutsideData = {
  what: 'the AWS service models',
  how: 'let this machine reach a Python package index: pip config set global.index-url URL, or PIP_INDEX_URL',
  whyNot: async () => {
    // One file of tests has waited for an index that does not answer; the others of this run need not.
    const failure = path.join(inject('runFolder'), 'aws-models.failure');
    const known = await readTextIfAny(failure);
    if (known !== undefined) return known;
    try {
      await serviceModelFolder();
      return undefined;
    } catch (thrown) {
      const why = messageOf(thrown);
      await writeAtomically(failure, why, { fsync: 'none' });
      return why;
    }
  },
  isInCi: true,
};
