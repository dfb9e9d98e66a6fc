/**
 * Steps of the Greengrass Testing Framework 1.2.0 that the features in gg-e2e-tests may use, as Cucumber expressions: the annotations in
 * GreengrassSteps, RegistrationSteps, DeploymentSteps and FileSteps of aws-greengrass-testing. `{word}` ends at the first space.
 */
export const FRAMEWORK_STEPS = [
  'my device is registered as a Thing',
  'my device is running Greengrass',
  'I create a Greengrass deployment with components',
  'I deploy the Greengrass deployment configuration',
  'I update my Greengrass deployment configuration, setting the component {word} configuration to:',
  'the Greengrass deployment is {word} on the device after {int} {word}',
  'the {word} log on the device contains the line {string} within {int} {word}',
  'the {word} log on the device not contains the line {string}',
  'the file {word} on device exists',
] as const;
