/**
 * The settings that a recipe's DefaultConfiguration names, beside `accessControl`: those that a user looks for first. All
 * others have their defaults in the component's schema (docs/configuration.md). Nucleus lite decodes at most 255 objects of a
 * recipe and of a component's whole configuration, and each setting here takes two from both: a new setting belongs
 * here only if most users change it.
 */
export const RECIPE_SETTINGS: ReadonlyMap<string, Readonly<Record<string, unknown>>> = new Map([
  ['edgeml.InferenceAgent', { LogLevel: 'info' }],
  ['edgeml.InferenceApp', { LogLevel: 'info', Sources: { images: { Enabled: true, Type: 'folder', Path: 'images' } } }],
  ['edgeml.Console', { LogLevel: 'info' }],
  ['edgeml.FeedbackUploader', { LogLevel: 'info', FeedbackConfigurationMap: {} }],
]);
