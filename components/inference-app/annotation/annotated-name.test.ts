import { describe, expect, it } from 'vitest';
import { annotatedName } from './annotated-name.ts';

describe('annotatedName', () => {
  it.each([
    ['belt-01.jpg', 'Parts--line--belt-01.jpg'],
    ['line1/deep/x.JPEG', 'Parts--line--line1__deep__x.jpg'],
    ['y.png', 'Parts--line--y.png.jpg'],
    ['../../etc/passwd', 'Parts--line--..__..__etc__passwd.jpg'],
    ['a:b*c?.png', 'Parts--line--a_b_c_.png.jpg'],
  ])('of %s is %s', (image, name) => {
    expect(annotatedName('Parts', 'line', image)).toBe(name);
  });

  it('stays short, and different for different images', () => {
    const long = 'ü'.repeat(300);
    const [one, other] = [
      annotatedName('Parts', 'line', `${long}1.jpg`),
      annotatedName('Parts', 'line', `${long}2.jpg`),
    ];

    expect(Buffer.byteLength(one)).toBeLessThanOrEqual(255);
    expect(one).not.toBe(other);
  });
});
