import { errorCatalogue } from '#packages/foundation';

export const fleetErrors = errorCatalogue({
  'cloud-provider.not-loaded': {
    status: 500,
    todo: 'Correct CloudProviderPath: an absolute path of a JavaScript module that can be read and that exports createProvider.',
  },
  'cloud-provider.unsafe': {
    status: 403,
    todo: 'Let nobody but its owner write the module and its folder (chmod go-w): the agent runs it with its own rights.',
  },
  'cloud-provider.incomplete': {
    status: 500,
    todo: 'Give the object that createProvider returns all eight functions; see docs/migrating-edge-manager.md.',
  },
  'cloud-provider.none': {
    status: 503,
    todo: 'Set CloudProvider to Aws or Custom where data are to leave the device.',
  },
  'device.not-registered': {
    status: 403,
    todo: 'Register the device with its fleet again. What is on the disk waits until then.',
  },
});
