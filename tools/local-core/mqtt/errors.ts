import { errorCatalogue } from '#packages/foundation';

export const mqttErrors = errorCatalogue({
  'mqtt.topic': {
    status: 400,
    todo: 'Use at most 256 characters and 7 slashes, and wildcards in subscriptions only.',
  },
  'mqtt.payload-too-large': { status: 413, todo: 'Send at most 128 kB; put large data into object storage.' },
  'mqtt.offline': { status: 503, todo: 'Publish with quality 1, or again when the broker can be reached.' },
  'mqtt.spool-full': { status: 503, todo: 'Publish less while offline, or keep the messages in an own queue on disk.' },
  'mqtt.subscribe': { status: 502, todo: 'Check that the broker can be reached and allows the filter.' },
  'mqtt.closed': { status: 503, todo: 'The core is stopping; start it again.' },
  'mqtt.broker-start': { status: 500, todo: 'Choose another port, or 0 for any free one.' },
  'mqtt.url': { status: 400, todo: 'Give a broker as mqtt://host:port or mqtts://host:port.' },
});
