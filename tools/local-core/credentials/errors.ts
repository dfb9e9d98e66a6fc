import { errorCatalogue } from '#packages/foundation';

export const credentialErrors = errorCatalogue({
  'credentials.missing': {
    status: 400,
    todo: 'Set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY (and AWS_SESSION_TOKEN), or use static local credentials.',
  },
  'credentials.listen': { status: 500, todo: 'Choose another port, or 0 for any free one.' },
});
