import { errorCatalogue } from '#packages/foundation';

export const fleetErrors = errorCatalogue({
  'fleet.heartbeat-store': {
    status: 400,
    todo: 'Give the place that the heartbeat rule writes to, as s3://bucket/prefix; infrastructure/fleet.yaml makes it.',
  },
  'fleet.unknown-device': { status: 404, todo: 'Check the name; `edgeml fleet` lists the devices.' },
  'fleet.ring': { status: 400, todo: 'Correct the ring that is named; `edgeml fleet rings --help` shows the forms.' },
});
