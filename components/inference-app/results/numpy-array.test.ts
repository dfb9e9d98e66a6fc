import { describe, expect, it } from 'vitest';
import { PREDECESSORS } from '../predecessor/predecessors.ts';
import { numpyFloat32Array, shortestFloat32 } from './numpy-array.ts';

/** Texts are what `str(numpy.array(values, dtype=numpy.float32))` gave, numpy 2. */
describe('numpyFloat32Array', () => {
  it.each([
    [[0.2044397, 0.1797941, 0.75527745, 0.7432698], '[0.2044397  0.1797941  0.75527745 0.7432698 ]'],
    [[0, 0.25, 0.5, 1], '[0.   0.25 0.5  1.  ]'],
    [[0, 0, 1, 1], '[0. 0. 1. 1.]'],
    [[0.001, 0.25, 0.5, 1], '[0.001 0.25  0.5   1.   ]'],
    [[0.012345678, 0.1, 0.5, 0.75], '[0.01234568 0.1        0.5        0.75      ]'],
    [[-0.0123, 0.2, 0.5, 1.01], '[-0.0123  0.2     0.5     1.01  ]'],
    [[0.0005, 0.1, 0.5, 0.9], '[5.e-04 1.e-01 5.e-01 9.e-01]'],
    [[0.00001, 0.2, 0.4, 0.6], '[1.e-05 2.e-01 4.e-01 6.e-01]'],
  ])('prints %j as numpy does', (values, text) => {
    expect(numpyFloat32Array(values)).toBe(text);
  });

  it('is how the detector of TensorFlow Lite wrote boxes, and float32 how DLR wrote scores', () => {
    expect(shortestFloat32(0.5882352941176471)).toBe(0.5882353);
    const formats = Object.values(PREDECESSORS).map(({ boundaries, scores }) => `${boundaries} ${scores}`);
    expect(formats).toEqual(['numpy-512 float32', 'numpy-512 float32', 'list python', 'numpy-yxyx python']);
  });
});
