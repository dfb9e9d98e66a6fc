#!/usr/bin/env node
/**
 * The `edgeml` command of the npm package. It unpacks the project that lies beside it into a folder of the user's cache, once
 * for each version, and runs the command there; the working directory stays the caller's. So neither a global installation,
 * which the user may not write to, nor npx's cache, which npm empties, holds anything that `edgeml` has built.
 * Plain JavaScript, no dependencies.
 */
import { spawn, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { constants, homedir } from 'node:os';
import path from 'node:path';
import process from 'node:process';

const PACKAGE = import.meta.dirname;
const ARCHIVE = path.join(PACKAGE, 'project.tar.gz');
/** A shell adds this to the number of a signal that ended a process. */
const ENDED_BY_SIGNAL = 128;

/** `EDGEML_HOME`, else the cache folder of the system's users. */
function home() {
  const { EDGEML_HOME, XDG_CACHE_HOME, LOCALAPPDATA } = process.env;
  if (EDGEML_HOME) return path.resolve(EDGEML_HOME);
  if (process.platform === 'win32' && LOCALAPPDATA) return path.join(LOCALAPPDATA, 'edgeml');
  if (process.platform === 'darwin') return path.join(homedir(), 'Library/Caches/edgeml');
  return path.join(XDG_CACHE_HOME || path.join(homedir(), '.cache'), 'edgeml');
}

/** The unpacked project of this very package: another build of the same version gets its own folder. */
function unpackedProject() {
  const { version } = JSON.parse(readFileSync(path.join(PACKAGE, 'package.json'), 'utf8'));
  const digest = createHash('sha256').update(readFileSync(ARCHIVE)).digest('hex').slice(0, 12);
  const project = path.join(home(), `${version}-${digest}`);
  if (existsSync(project)) return project;
  mkdirSync(home(), { recursive: true });
  const unpacking = mkdtempSync(path.join(home(), '.unpacking-'));
  try {
    const { status, error, stderr } = spawnSync('tar', ['-xzf', ARCHIVE, '-C', unpacking], { encoding: 'utf8' });
    if (error || status !== 0) throw new Error(`tar cannot unpack ${ARCHIVE}: ${error?.message ?? stderr.trim()}`);
    renameSync(unpacking, project);
  } catch (error) {
    rmSync(unpacking, { recursive: true, force: true });
    // Another start of the command may have been faster.
    if (!existsSync(project)) throw error;
  }
  return project;
}

try {
  const command = path.join(unpackedProject(), 'tools/edgeml.mjs');
  const child = spawn(process.execPath, [command, ...process.argv.slice(2)], { stdio: 'inherit' });
  // The terminal tells the child of Ctrl-C itself; other signals reach this process alone.
  process.on('SIGINT', () => undefined);
  for (const signal of ['SIGTERM', 'SIGHUP']) process.on(signal, () => void child.kill('SIGTERM'));
  child.on('exit', (code, signal) => process.exit(code ?? ENDED_BY_SIGNAL + constants.signals[signal ?? 'SIGKILL']));
} catch (error) {
  process.stderr.write(
    `Cannot unpack edgeml: ${error instanceof Error ? error.message : error}\n` +
      `What to do: check that ${home()} can be written to and has 1 GB of room, or set EDGEML_HOME to another folder.\n`,
  );
  process.exit(1);
}
