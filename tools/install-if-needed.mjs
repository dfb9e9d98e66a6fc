#!/usr/bin/env node
/**
 * Installs the locked dependencies when node_modules does not hold them, and does nothing otherwise.
 * Plain JavaScript, no dependencies: it runs before there are any. `npm start`, `npm test` and the `edgeml` command call it.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import process from 'node:process';
import { fileURLToPath, pathToFileURL } from 'node:url';

const PROJECT = path.dirname(path.dirname(fileURLToPath(import.meta.url)));

/** Runs `npm ci` when `reasonToInstall` gives a reason. Resolves with whether it did; rejects with npm's last lines when it fails. */
export async function installIfNeeded(project = PROJECT) {
  const reason = reasonToInstall(project);
  if (!reason) return false;
  process.stderr.write(`Installing the locked dependencies (${reason}) …\n`);
  const started = Date.now();
  await npmCi(project);
  process.stderr.write(`Installed in ${((Date.now() - started) / 1000).toFixed(0)} s.\n`);
  return true;
}

/**
 * Why node_modules differs from package-lock.json; undefined when it does not.
 * Contents are compared, not times: a checkout of an older commit must install too, and a touched file must not.
 * @param {string} project
 * @returns {string | undefined}
 */
export function reasonToInstall(project) {
  const wanted = packagesOf(path.join(project, 'package-lock.json'));
  if (!wanted)
    throw new Error(`${path.join(project, 'package-lock.json')} is missing or not JSON: check it out again.`);
  const installed = packagesOf(path.join(project, 'node_modules', '.package-lock.json'));
  if (!installed) return 'node_modules is missing';
  for (const [location, entry] of Object.entries(wanted)) {
    if (location === '' || entry.link) continue;
    const found = installed[location];
    // An optional package of another platform is never installed.
    if (!found && (entry.optional || entry.devOptional)) continue;
    if (!found || !existsSync(path.join(project, location))) return `${location} is missing`;
    if (found.version !== entry.version) return `${location} is ${found.version}, locked is ${entry.version}`;
  }
  return undefined;
}

/**
 * @param {string} file A lock file.
 * @returns {Record<string, { version?: string, link?: boolean, optional?: boolean, devOptional?: boolean }> | undefined}
 */
function packagesOf(file) {
  try {
    return JSON.parse(readFileSync(file, 'utf8')).packages;
  } catch {
    return undefined;
  }
}

/** npm by itself waits a minute and more before it says that a registry is away. */
const QUICK_RETRIES = ['--fetch-retries=2', '--fetch-retry-mintimeout=1000', '--fetch-retry-maxtimeout=3000'];

/** @param {string} project */
async function npmCi(project) {
  const args = [
    'ci',
    '--include=dev',
    '--include=optional',
    '--no-audit',
    '--no-fund',
    '--loglevel=error',
    ...QUICK_RETRIES,
  ];
  const stopTicker = startTicker();
  const install = runNpm(project, args);
  const asked = sayWhenSilent(project, install.ended);
  const { code, said } = await install.ended.finally(stopTicker);
  await asked;
  if (code !== 0)
    throw new Error(`npm ci ended with code ${code}.\n${said}\nCheck the network or the registry, then try again.`);
}

/**
 * An install may wait for minutes for a registry that takes connections and answers nothing. So the registry is asked something small
 * beside it, and what npm says of that is told at once; what npm has in its cache is installed all the same.
 * @param {string} project
 * @param {Promise<unknown>} installed
 */
async function sayWhenSilent(project, installed) {
  const ping = runNpm(project, ['ping', '--loglevel=error', '--fetch-retries=0', `--fetch-timeout=${PING_TIMEOUT_MS}`]);
  void installed.finally(() => ping.stop()).catch(() => undefined);
  const { code, said } = await ping.ended;
  if (code !== 0 && code !== null && NETWORK_TROUBLE.test(said))
    process.stderr.write(`The npm registry does not answer; npm goes on trying. It says:\n${said}\n`);
}

const PING_TIMEOUT_MS = 5_000;
/** A registry that answers can be reached, even if it only says that it does not know ping. */
const NETWORK_TROUBLE = /ECONN|ENOTFOUND|EAI_AGAIN|TIMEDOUT|TIMEOUT|timeout|CERT|SELF_SIGNED|EHOSTUNREACH|ENETUNREACH/;

/**
 * @param {string} project
 * @param {readonly string[]} args
 */
function runNpm(project, args) {
  const npmCli = process.env.npm_execpath;
  const [command, prefix] = npmCli?.endsWith('npm-cli.js') ? [process.execPath, [npmCli]] : ['npm', []];
  const child = spawn(command, [...prefix, ...args], {
    cwd: project,
    stdio: ['ignore', 'pipe', 'pipe'],
    shell: process.platform === 'win32' && command === 'npm',
  });
  let tail = '';
  for (const stream of [child.stdout, child.stderr])
    stream.on('data', (chunk) => {
      tail = (tail + chunk).slice(-4000);
    });
  const ended = once(child, 'close').then(([code]) => ({ code, said: tail.trim() }));
  return { ended, stop: () => void child.kill() };
}

/** Seconds passed, on a terminal only. */
function startTicker() {
  if (!process.stderr.isTTY) return () => undefined;
  const started = Date.now();
  const timer = setInterval(
    () => process.stderr.write(`\r  npm ci, ${((Date.now() - started) / 1000).toFixed(0)} s `),
    1000,
  );
  return () => {
    clearInterval(timer);
    process.stderr.write('\r\x1b[K');
  };
}

if (process.argv[1] && import.meta.url === pathToFileURL(process.argv[1]).href)
  await installIfNeeded().catch((error) => {
    process.stderr.write(`${error.message}\n`);
    process.exitCode = 1;
  });
