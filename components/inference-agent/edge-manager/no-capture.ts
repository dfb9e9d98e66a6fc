import type { Capture } from '../capture/capture.ts';
import { captureErrors } from '../capture/errors.ts';

/** Takes nothing: of an agent that has no place to put captured data. */
export const noCapture: Capture = {
  async accept() {
    throw captureErrors.error('capture.not-configured', 'this agent captures no data');
  },
  status(_modelName, captureId) {
    throw captureErrors.error('capture.unknown-id', `there is no capture "${captureId}"`);
  },
};
