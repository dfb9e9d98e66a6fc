import { entry, errorCatalog } from '#packages/foundation';
import type { GoldenCaseReport } from '#packages/vision';

/** Errors of the command line itself. `cli.usage` ends with exit code 2, everything else with 1. */
export const cliErrors = errorCatalog({
  'cli.component-failed': { todo: 'Read the log lines above; the whole log is in the named file.' },
  'cli.deployment-failed': entry<{
    readonly deploymentId: string;
    readonly status: string;
    readonly detail?: string;
    readonly cause?: string;
  }>({ todo: 'Read the reason above and the logs of the named component.' }),
  'cli.golden-failed': entry<{ readonly cases: readonly GoldenCaseReport[] }>({
    todo: 'See what differs; if the new answers are right, write them into the golden files of the package.',
  }),
  'cli.image-unreadable': { todo: 'Check the path and that this user may read the file.' },
  'cli.model-unreadable': { todo: 'Check the path and that this user may read the file.' },
  'cli.models-undecided': {
    todo: 'Give --models trusted (signed by one of TrustedKeys, tested on the device) or --models any (taken with a warning) once; the deployment remembers it.',
  },
  'cli.no-core': entry<{ readonly root: string }>({
    todo: 'Start the local core with `npm start` in another terminal, or name its folder with --root.',
  }),
  'cli.no-credentials': {
    todo: 'Sign in (`aws sso login`), set AWS_PROFILE, or AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY.',
  },
  'cli.no-log': entry<{ readonly file: string }>({
    todo: 'Run `edgeml local list` to see the components; --root names the core.',
  }),
  'cli.no-samples': { todo: 'Check out artifacts/samples again; the sample images are part of the project.' },
  'cli.out-of-date': entry<{ readonly files: readonly string[] }>({
    todo: 'Run `npm run generate` and commit the result.',
  }),
  'cli.package-unreadable': { todo: 'Give the folder of a model package: one with a model.json in it.' },
  'cli.refused': { todo: 'Correct what the nucleus names; its log tells more.' },
  'cli.timeout': { todo: 'Read the logs of the components; give --timeout a higher value on a slow machine.' },
  'cli.too-large-for-lite': entry<{ readonly component: string }>({
    todo: 'Shrink the configuration as the message says, or give --nucleus java if no device of the target runs nucleus lite.',
  }),
  'cli.unknown-settings': entry<{ readonly problems: readonly string[] }>({
    todo: 'Correct the names; `--allow-unknown` deploys them all the same, for a component that is newer than this checkout.',
  }),
  'cli.usage': { todo: 'Run the command with --help to see what it takes.' },
  'try.labels': entry<{ readonly file: string; readonly labels: number; readonly classes: number }>({
    todo: 'Give --labels the file that the model was trained with: one label a line, in the order of the classes.',
  }),
  'try.no-answer': {
    todo: 'Try another picture; if none is answered, run edgeml inspect on the model: it says what was understood.',
  },
  'try.no-camera': {
    todo: 'Cameras answer within their own network only, and often only once ONVIF is switched on in their settings. Give --source rtsp://… if you know the address.',
  },
  'try.no-model': {
    todo: 'Drop the model again: tries of an earlier start, and those before the last eight, are gone.',
  },
  'try.no-network': { todo: 'Name the network interface of the cameras with --network, e.g. eth0.' },
  'try.no-source': entry<{ readonly source: string }>({
    todo: 'Give --source a camera (rtsp://…, http://…, /dev/video0), a video, an image, or a folder with images.',
  }),
  'try.onvif': entry<{ readonly host: string }>({
    todo: 'Give the login of its ONVIF user, onvif://user:password@host, switch ONVIF on in its settings, or give --source rtsp://… if you know the address.',
  }),
});
