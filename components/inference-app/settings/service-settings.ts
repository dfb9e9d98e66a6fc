import { section, textSetting } from '#packages/foundation';

/** The handling of one service's answers. */
export const serviceSettings = section({
  MLFeedbackConnectorConfigId: textSetting({
    pattern: /^$|^[a-zA-Z0-9][a-zA-Z0-9-]{1,62}$/,
    meaning: 'expected a ConfigId: 2 to 63 letters, digits and "-", or nothing',
  })
    .default('')
    .describe(
      'ConfigId of edgeml.FeedbackUploader that every inference of the service is given to, image and prediction; empty: none is.',
    ),
});
