import { cliErrors } from '../tools/cli/errors.ts';

/** The value of `--<option>` as a whole number. @throws EdgeError `cli.usage` below `least` and for anything but a whole number */
export function wholeNumber(option: string, text: string, least = 1): number {
  const value = Number(text);
  if (Number.isInteger(value) && value >= least) return value;
  throw cliErrors.error('cli.usage', `--${option} is "${text}"; give a whole number from ${least}`);
}
