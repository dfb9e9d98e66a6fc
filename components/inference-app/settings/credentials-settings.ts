import { section, textSetting } from '#packages/foundation';

/** The place of a camera's user and password, if not the configuration itself, which every component can read. */
export const credentialsSettings = section({
  File: textSetting()
    .default('')
    .describe(
      'For `http` and `stream`: file with user and password of the camera, `{"username": …, "password": …}` or one line `user:password`; relative to the work folder. It is read each time that the camera is opened.',
    ),
  Secret: textSetting()
    .default('')
    .describe(
      'The same from aws.greengrass.SecretManager: name or ARN of the secret. Names that begin with `edgeml/` are allowed; another needs its own accessControl.',
    ),
});
