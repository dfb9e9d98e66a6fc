import { errorCatalogue } from '#packages/foundation';

export const deployErrors = errorCatalogue({
  'deploy.invalid': { status: 400, todo: 'Correct every value that is named; docs/fleet.md shows a whole document.' },
  'deploy.unreadable': { status: 404, todo: 'Give a JSON or YAML file that this user may read.' },
  'deploy.no-target': { status: 404, todo: 'Name an existing thing or thing group; `edgeml provision` makes them.' },
  'deploy.unknown-component': {
    status: 404,
    todo: 'Publish the version first (`edgeml publish`), or correct its name and version.',
  },
  'deploy.no-deployment': { status: 404, todo: 'Deploy something to the target first.' },
  'deploy.nothing-before': {
    status: 409,
    todo: 'The target never had another set of components. Deploy the version that you want, or name a deployment with --to.',
  },
  'deploy.failed-devices': {
    status: 422,
    todo: 'Read the failing component and the reason of each device above, and its log on the device; `edgeml rollback` returns to the deployment before.',
  },
  'deploy.timeout': {
    status: 504,
    todo: 'Devices that are offline take the deployment when they come back. `edgeml status` shows it later.',
  },
});
