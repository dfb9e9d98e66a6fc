import type { Clock } from '#packages/foundation';

import type { Frame, LoadedImage } from '../../components/inference-app/frame/frame.ts';

/** A frame of a few bytes, taken now. */
export function testFrame(clock: Clock, image: string, source = 'line', load?: () => Promise<LoadedImage>): Frame {
  const bytes = new TextEncoder().encode(image);
  return {
    source,
    image,
    takenAt: clock.now(),
    takenAtMonotonic: clock.monotonic(),
    withImage: async (use) => use(load ? await load() : { bytes, contentType: 'image/jpeg' }),
  };
}
