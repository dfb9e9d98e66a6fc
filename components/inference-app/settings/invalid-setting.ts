import { foundationErrors } from '#packages/foundation';

/** An error about one setting that the schema alone cannot judge. @param pointer JSON pointer of the setting */
export function invalidSetting(component: string, pointer: string, message: string): Error {
  const text = `configuration of ${component} has a wrong setting: ${pointer}: ${message}`;
  return foundationErrors.error('config.invalid', text, { facts: { component, problems: [{ pointer, message }] } });
}
