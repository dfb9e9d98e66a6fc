import { entry, errorCatalog } from '#packages/foundation';
import type { ComponentState } from './ports.ts';

export interface Requirement {
  readonly by: string;
  readonly range: string;
}

/** Errors of the local core itself. Components get the modeled errors in `ipc/fault.ts`. */
export const coreErrors = errorCatalog({
  'component.broken': entry<{ readonly component: string }>({
    todo: 'Read the log of the component, correct it, and deploy it again: a BROKEN component starts only through a deployment.',
  }),
  'component.state-not-reached': entry<{
    readonly component: string;
    readonly state: ComponentState;
    readonly now: ComponentState | undefined;
  }>({ todo: 'Read the log of the component and of the core.' }),
  'component.unknown': { todo: 'List the components; names are case-sensitive.' },
  'configuration.unreadable': entry<{ readonly file: string }>({
    todo: 'Restore the named file, or remove it to start with the default configuration of every component.',
  }),
  'core.root-in-use': entry<{ readonly root: string; readonly pid: number }>({
    todo: 'Stop the other core, or start this one with another root folder.',
  }),
  'core.stopped': { todo: 'Start a new core.' },
  'core.unsupported-system': { todo: 'Run the local core on Linux or macOS (on Windows inside WSL).' },
  'credentials.listen': { todo: 'Choose another port, or 0 for any free one.' },
  'credentials.missing': {
    todo: 'Set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY (and AWS_SESSION_TOKEN), or use static local credentials.',
  },
  'deployment.bootstrap-failed': entry<{ readonly component: string }>({
    todo: 'Correct the bootstrap script of the component.',
  }),
  'deployment.canceled': { todo: 'Deploy again if you did not mean to cancel.' },
  'deployment.circular-dependency': { todo: 'Remove one of the dependencies of the circle.' },
  'deployment.component-broken': entry<{
    readonly component: string;
    readonly version: string;
    readonly reason: string | undefined;
  }>({ todo: 'Read the reason and the log of the component, correct it and deploy again.' }),
  'deployment.configuration-rejected': entry<{ readonly components: readonly string[] }>({
    todo: 'Correct the configuration that the component refused, or deploy a version that takes it.',
  }),
  'deployment.interrupted': { todo: 'Deploy again.' },
  'deployment.invalid': entry<{ readonly problems: readonly string[] }>({
    todo: 'Correct the deployment document at the place that the message names.',
  }),
  'deployment.no-version': entry<{ readonly component: string; readonly requirements: readonly Requirement[] }>({
    todo: 'Build or add a version that all requirements allow, or change the requirement named in the message.',
  }),
  'deployment.unreadable': entry<{ readonly file: string }>({
    todo: 'Check the path of the deployment document and that it is JSON or YAML.',
  }),
  'deployment.unsupported-component': entry<{ readonly component: string; readonly type: string }>({
    todo: 'Use a component of type aws.greengrass.generic, or try it on a real nucleus.',
  }),
  'guardian.failed': { todo: 'Check that /bin/sh can be started on this machine.' },
  'ipc-server.secrets-file': {
    todo: 'Correct the secrets file: names with texts, or a list `secrets` with `arn`, `name` and `versions`.',
  },
  'lifecycle.privilege-refused': entry<{
    readonly component: string;
    readonly version: string;
    readonly section: string;
  }>({
    todo: 'Remove RequiresPrivilege from the step, or try the component on a real nucleus: the local core runs every script as the user who started it.',
  }),
  'mqtt.broker-start': { todo: 'Choose another port, or 0 for any free one.' },
  'mqtt.closed': { todo: 'The core is stopping; start it again.' },
  'mqtt.offline': { todo: 'Publish with quality 1, or again when the broker can be reached.' },
  'mqtt.payload-too-large': { todo: 'Send at most 128 kB; put large data into object storage.' },
  'mqtt.spool-full': { todo: 'Publish less while offline, or keep the messages in a queue of your own on disk.' },
  'mqtt.subscribe': { todo: 'Check that the broker can be reached and allows the filter.' },
  'mqtt.topic': { todo: 'Use at most 256 characters and 7 slashes, and wildcards in subscriptions only.' },
  'mqtt.url': { todo: 'Give a broker as mqtt://host:port or mqtts://host:port.' },
  'packages.archive-invalid': entry<{ readonly archive: string; readonly target: string }>({
    todo: 'Rebuild the archive; every entry must lie inside it.',
  }),
  'packages.artifact-missing': entry<{ readonly name: string; readonly version: string; readonly uri: string }>({
    todo: 'Build the component, or point the deployment at the folder that holds artifacts/<name>/<version>/<file>.',
  }),
  'packages.artifacts-inside-store': entry<{ readonly folder: string; readonly store: string }>({
    todo: "Choose an artifact folder that neither holds nor lies in the core's own packages folder.",
  }),
  'packages.digest-mismatch': entry<{
    readonly name: string;
    readonly version: string;
    readonly file: string;
    readonly actual: string;
    readonly expected: string;
  }>({ todo: 'Rebuild the component so that the recipe carries the digest of this file.' }),
  'packages.folder-unreadable': entry<{ readonly folder: string }>({
    todo: 'Check the path and the permissions of the folder.',
  }),
});
