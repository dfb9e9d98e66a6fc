import { mkdir } from 'node:fs/promises';
import path from 'node:path';
import { writeAtomically } from '#packages/foundation';
import type { Settings } from '../../project-file/project-file.ts';

/** Below the folder of edgeml.yaml; git does not take `.edgeml`. */
const FOLDER = '.edgeml/credentials';

/** A source whose address is without user and password. */
export interface WithoutLogin {
  readonly settings: Settings;
  readonly login: { readonly username: string; readonly password: string } | undefined;
}

/** Takes user and password out of the address of a source, so that edgeml.yaml can be shown to others. */
export function withoutLogin(settings: Settings): WithoutLogin {
  const { Url: url } = settings;
  const [, scheme, login, rest] =
    (typeof url === 'string' && /^([a-z][a-z0-9+.-]*:\/\/)([^/?#]*)@(.*)$/i.exec(url)) || [];
  if (scheme === undefined || login === undefined || rest === undefined) return { settings, login: undefined };
  const [username = '', ...password] = login.split(':');
  return {
    settings: { ...settings, Url: `${scheme}${rest}` },
    login: { username: decodeURIComponent(username), password: decodeURIComponent(password.join(':')) },
  };
}

/** Writes the login of a source into a file that its user alone may read, and has the source read it there. */
export async function keepLogin(
  name: string,
  settings: Settings,
  login: WithoutLogin['login'],
  base: string,
): Promise<Settings> {
  if (!login) return settings;
  const file = `${FOLDER}/${name}.json`;
  await mkdir(path.join(base, FOLDER), { recursive: true, mode: 0o700 });
  await writeAtomically(path.join(base, file), `${JSON.stringify(login)}\n`, { mode: 0o600 });
  return { ...settings, Credentials: { File: file } };
}
