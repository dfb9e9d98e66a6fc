import { errorCatalogue } from '#packages/foundation';

/** What the command line itself can refuse. `cli.usage` ends with exit code 2, everything else with 1. */
export const cliErrors = errorCatalogue({
  'cli.usage': { status: 400, todo: 'Run the command with --help to see what it takes.' },
  'cli.no-core': {
    status: 503,
    todo: 'Start the local core with `npm start` in another terminal, or name its folder with --root.',
  },
  'cli.refused': { status: 502, todo: 'Correct what the nucleus names; its log tells more.' },
  'cli.no-samples': {
    status: 500,
    todo: 'Check out artifacts/samples again; the sample images are part of the project.',
  },
  'cli.no-log': { status: 404, todo: 'Run `edgeml local list` to see the components; --root names the core.' },
  'cli.component-failed': { status: 500, todo: 'Read the log lines above; the whole log is in the named file.' },
  'cli.deployment-failed': { status: 500, todo: 'Read the reason above and the logs of the named component.' },
  'cli.timeout': {
    status: 504,
    todo: 'Read the logs of the components; give --timeout a higher value on a slow machine.',
  },
  'cli.out-of-date': { status: 409, todo: 'Run `npm run generate` and commit the result.' },
  'cli.package-unreadable': { status: 422, todo: 'Give the folder of a model package: one with a model.json in it.' },
  'cli.image-unreadable': { status: 422, todo: 'Check the path and that this user may read the file.' },
  'cli.model-unreadable': { status: 422, todo: 'Check the path and that this user may read the file.' },
  'cli.golden-failed': {
    status: 422,
    todo: 'See what differs; where the new answers are right, write them into the golden files of the package.',
  },
});

export const USAGE_ERROR = 'cli.usage';
