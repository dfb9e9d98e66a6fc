import { describe, expect, it } from 'vitest';
import type { InvokeResult } from '#packages/http';
import { appConfiguration } from '../config.ts';
import type { Frame } from '../frame/frame.ts';
import { Annotator } from './annotator.ts';

const frameOf = (source: string, takenAtMonotonic: number): Frame => ({
  source,
  image: 'a.jpg',
  takenAt: takenAtMonotonic,
  takenAtMonotonic,
  withImage: () => Promise.reject(new Error('is not read')),
});
const found = { service: 'Parts', predictions: [{ classId: 0, label: 'bolt', score: 0.9 }] } as unknown as InvokeResult;

function annotatorOf(annotate: object): Annotator {
  const settings = appConfiguration.parse({ Annotate: annotate }).Annotate;
  return new Annotator(
    '/nowhere',
    () => settings,
    (source) => source === 'door',
  );
}

describe('Annotator', () => {
  it('wants, as configured by default, every picture of a folder and one per second of a camera', () => {
    const annotator = annotatorOf({});
    const wanted = (source: string) => [0, 40, 1_040].map((at) => annotator.wants(frameOf(source, at), found));
    expect(wanted('line')).toEqual([true, true, true]);
    expect(wanted('door')).toEqual([true, false, true]);
  });

  it('wants none once it is not enabled', () => {
    expect(annotatorOf({ Enabled: false }).wants(frameOf('line', 0), found)).toBe(false);
  });
});
