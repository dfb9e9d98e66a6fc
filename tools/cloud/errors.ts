import { errorCatalogue } from '#packages/foundation';

/** What any call to AWS can end with. */
export const cloudErrors = errorCatalogue({
  'cloud.no-region': {
    status: 400,
    todo: 'Give --region, or set AWS_REGION, or a region in the profile of ~/.aws/config.',
  },
  'cloud.no-credentials': {
    status: 401,
    todo: 'Sign in (`aws sso login`), set AWS_PROFILE, or give the role of the pipeline; `aws sts get-caller-identity` shows who you are.',
  },
  'cloud.access-denied': {
    status: 403,
    todo: 'Allow the named action for your role; infrastructure/pipeline.yaml holds the policies that the commands need.',
  },
  'cloud.not-found': { status: 404, todo: 'Check the name, the region and the account.' },
  'cloud.conflict': { status: 409, todo: 'Something of that name exists with other content; choose another name.' },
  'cloud.throttled': {
    status: 429,
    todo: 'AWS still refused for the rate after all retries. Run the command again: it goes on where it stopped.',
  },
  'cloud.invalid-request': { status: 400, todo: 'Correct the value that AWS names.' },
  'cloud.limit': { status: 409, todo: 'Ask AWS for a higher quota, or remove what is no longer needed.' },
  'cloud.unreachable': {
    status: 503,
    todo: 'Check the network and the region. Run the command again: it goes on where it stopped.',
  },
  'cloud.failed': { status: 502, todo: 'Run the command again: it goes on where it stopped.' },
});
