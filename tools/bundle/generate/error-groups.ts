/** Errors by what somebody was doing when they met one: the sections of docs/errors.md. */
export interface ErrorGroup {
  readonly title: string;
  /** Codes, and beginnings of codes that end with a dot. The longest one that fits decides. */
  readonly codes: readonly string[];
}

export const ERROR_GROUPS: readonly ErrorGroup[] = [
  {
    title: 'Deploying a model',
    codes: [
      'archive.',
      'drift.',
      'challenger.',
      'encryption.',
      'model.',
      'tensor.',
      'model-command.',
      'package.',
      'provider.',
      'signature.',
      'instance.start-failed',
      'instance.start-timeout',
      'store.corrupt',
      'store.full',
      'store.state-unreadable',
      'store.write-failed',
    ],
  },
  {
    title: 'Asking for an inference',
    codes: [
      'admission.',
      'agent.',
      'gallery.',
      'http.',
      'image.',
      'input.',
      'instance.',
      'invoke.',
      'model.closed',
      'model.input-invalid',
      'model.not-found',
      'model.output-unexpected',
      'model.run-failed',
      'open-inference.',
    ],
  },
  {
    title: 'Feeding cameras and folders',
    codes: ['annotation.', 'app.', 'clips.', 'frames.', 'jpeg.', 'service.', 'source.'],
  },
  {
    title: 'The console',
    codes: ['console.', 'app.bad-request', 'app.frame-gone', 'app.no-feedback-config'],
  },
  {
    title: 'Feedback and uploads',
    codes: [
      'app.no-feedback-socket',
      'app.unknown-feedback-config',
      'dataset.',
      'feedback.',
      'redaction.',
      'sampling.',
      'spool.',
      'store.',
    ],
  },
  {
    title: 'Edge Manager clients',
    codes: ['capture.', 'cloud-provider.', 'device.', 'edge-manager.', 'lookout.', 'shared-memory.'],
  },
  {
    title: 'Configuring and running components',
    codes: [
      'config.',
      'confinement.',
      'heartbeat.',
      'internal',
      'ipc.',
      'descriptor.',
      'path.',
      'posix.',
      'runtime.',
      'shared-region.',
      'socket.',
      'topic.',
    ],
  },
  {
    title: 'Packaging and signing a model',
    codes: ['attestation.', 'optimize.', 'package-source.', 'packaging.', 'signature.bad-key', 'signing.'],
  },
  {
    title: 'Writing recipes and building components',
    codes: ['authorization.', 'build.', 'migrate.', 'migrate-edge-manager.', 'recipe.'],
  },
  {
    title: 'Publishing and deploying to a fleet',
    codes: ['account.', 'cloud.', 'deploy.', 'fleet.', 'pipeline.', 'promote.', 'provision.', 'publish.'],
  },
  {
    title: 'Running the local core and twins',
    codes: [
      'component.',
      'configuration.',
      'core.',
      'credentials.',
      'deployment.',
      'guardian.',
      'ipc-server.',
      'lifecycle.',
      'mqtt.',
      'packages.',
      'twin.',
    ],
  },
  {
    title: 'Using the command line',
    codes: ['cli.', 'project-file.', 'try.'],
  },
];

/** The group of a code, by the longest of the groups' codes that fits; undefined if none does. */
export function errorGroupOf(code: string): ErrorGroup | undefined {
  let longest = '';
  let found: ErrorGroup | undefined;
  for (const group of ERROR_GROUPS)
    for (const one of group.codes)
      if ((one === code || (one.endsWith('.') && code.startsWith(one))) && one.length > longest.length) {
        longest = one;
        found = group;
      }
  return found;
}
