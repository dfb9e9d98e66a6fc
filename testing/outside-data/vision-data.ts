import { existsSync } from 'node:fs';
import path from 'node:path';
import process from 'node:process';
import type { OutsideData } from './needs.ts';

const BESIDE_THE_CHECKOUT = path.resolve(import.meta.dirname, '../../../shared');
const NAMED = process.env['EDGEML_VISION_DATA'];

/** Folder of the real models and photos: the one that EDGEML_VISION_DATA names, else one beside the checkout. */
export const VISION_DATA = NAMED || path.join(BESIDE_THE_CHECKOUT, 'vision');

/**
 * Real models and photos with reference results. If there is a place for such data, every file is expected in it, so that a test
 * whose file is lost fails. An empty EDGEML_VISION_DATA leaves the tests out all the same.
 */
export const visionData = {
  what: 'real models and photos',
  how: 'testing/outside-data/README.md says which, and where to put them',
  whyNot: (): string | undefined => {
    if (NAMED === '') return 'EDGEML_VISION_DATA is empty';
    return NAMED !== undefined || existsSync(BESIDE_THE_CHECKOUT) ? undefined : `not in ${VISION_DATA}`;
  },
  isInCi: false,
} satisfies OutsideData;
