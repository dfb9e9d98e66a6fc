import { existsSync, readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import path from 'node:path';
import process from 'node:process';

/** Where this machine gets Python packages from. */
export interface PipSettings {
  /** The index in the form of PEP 503, with a slash at its end. Default: PyPI. */
  readonly indexUrl: string;
  /** A file with the certificate authorities to trust, or undefined for those of Node.js. */
  readonly certificates: string | undefined;
}

type Environment = Readonly<Record<string, string | undefined>>;

const PYPI = 'https://pypi.org/simple';
/** Later ones win, as in pip. */
const SECTIONS = ['global', 'download'];

/**
 * The settings that pip would use: its environment variables, then its configuration files
 * (https://pip.pypa.io/en/stable/topics/configuration/). Python is not needed for it.
 */
export function pipSettings(
  environment: Environment = process.env,
  files = configurationFiles(environment),
): PipSettings {
  const configured = Object.assign({}, ...files.filter((file) => existsSync(file)).map(readSettings)) as Environment;
  const indexUrl = environment['PIP_INDEX_URL'] || configured['index-url'] || PYPI;
  return {
    indexUrl: indexUrl.endsWith('/') ? indexUrl : `${indexUrl}/`,
    certificates: environment['PIP_CERT'] || configured['cert'] || undefined,
  };
}

/** Later ones win. */
function configurationFiles(environment: Environment): readonly string[] {
  const named = environment['PIP_CONFIG_FILE'];
  if (named === '/dev/null' || named === 'nul') return [];
  const virtual = environment['VIRTUAL_ENV'];
  return [
    ...systemFiles(environment),
    ...(virtual === undefined ? [] : [path.join(virtual, process.platform === 'win32' ? 'pip.ini' : 'pip.conf')]),
    ...(named === undefined ? [] : [named]),
  ];
}

function systemFiles(environment: Environment): readonly string[] {
  const home = homedir();
  if (process.platform === 'win32')
    return [environment['PROGRAMDATA'], environment['APPDATA']].flatMap((folder) =>
      folder === undefined ? [] : [path.join(folder, 'pip/pip.ini')],
    );
  const own = [
    path.join(home, '.pip/pip.conf'),
    path.join(environment['XDG_CONFIG_HOME'] ?? path.join(home, '.config'), 'pip/pip.conf'),
  ];
  if (process.platform === 'darwin') {
    const library = 'Library/Application Support/pip/pip.conf';
    return [path.join('/', library), ...own, path.join(home, library)];
  }
  const shared = (environment['XDG_CONFIG_DIRS'] ?? '/etc/xdg')
    .split(':')
    .map((folder) => path.join(folder, 'pip/pip.conf'));
  return [...shared, '/etc/pip.conf', ...own];
}

/** Keys of an INI file as pip reads them: `index_url` is `index-url`. */
function readSettings(file: string): Environment {
  const bySection: Record<string, Record<string, string>> = {};
  let section: Record<string, string> = {};
  for (const line of readFileSync(file, 'utf8')
    .split('\n')
    .map((text) => text.trim())) {
    const [, head] = /^\[(.*)\]$/.exec(line) ?? [];
    if (head !== undefined) section = bySection[head] ??= {};
    const [, key, value] = /^([^#;[=:][^=:]*)[=:](.*)$/.exec(line) ?? [];
    if (key !== undefined && value !== undefined) section[key.trim().toLowerCase().replaceAll('_', '-')] = value.trim();
  }
  return Object.assign({}, ...SECTIONS.map((name) => bySection[name])) as Environment;
}
