import { describe, expect, it } from 'vitest';

import { startEmbeddedBroker } from './embedded-broker.ts';
import { describeIotCore } from '../../../testing/local-core/iot-core-conformance.ts';
import { hasMosquitto, startMosquitto } from '../../../testing/local-core/mosquitto.ts';

describeIotCore('the embedded broker', {
  start: (port) => startEmbeddedBroker(port === undefined ? {} : { port }),
  protocolVersion: 4,
});

describe.runIf(hasMosquitto())('with mosquitto', () => {
  describeIotCore('mosquitto', { start: startMosquitto, protocolVersion: 5 });
});

describe.skipIf(hasMosquitto())('without mosquitto', () => {
  it.runIf(process.env['CI'])('fails in CI', () => {
    expect.fail('mosquitto is missing: install the Debian package `mosquitto`');
  });
  it.skip('tests the embedded broker only; install the Debian package `mosquitto` to test both');
});
