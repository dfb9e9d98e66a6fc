import { describe } from 'vitest';

import { needs } from '../../../testing/outside-data/needs.ts';
import { mosquitto } from '../../../testing/outside-data/programs.ts';
import { startEmbeddedBroker } from './embedded-broker.ts';
import { describeIotCore } from '../../../testing/local-core/iot-core-conformance.ts';
import { startMosquitto } from '../../../testing/local-core/mosquitto.ts';

describeIotCore('the embedded broker', {
  start: (port) => startEmbeddedBroker(port === undefined ? {} : { port }),
  protocolVersion: 4,
});

describe('with mosquitto', await needs(mosquitto), () => {
  describeIotCore('mosquitto', { start: startMosquitto, protocolVersion: 5 });
});
