import { PROVIDERS } from '#packages/model-package';
import type { Provider } from '#packages/model-package';
import { cliErrors } from '../errors.ts';

/** The execution providers of an option `--provider <list>`. @throws EdgeError `cli.usage` */
export function providersOf(list: string): readonly Provider[] {
  const names = list.split(',').map((name) => name.trim());
  const unknown = names.filter((name) => !PROVIDERS.some((provider) => provider === name));
  if (unknown.length === 0) return names as Provider[];
  throw cliErrors.error(
    'cli.usage',
    `--provider names ${unknown.map((name) => `"${name}"`).join(', ')}; known are ${PROVIDERS.join(', ')}`,
  );
}
