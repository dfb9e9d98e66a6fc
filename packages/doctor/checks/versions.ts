import { readFile } from 'node:fs/promises';
import { availableParallelism, cpus, release, totalmem } from 'node:os';
import process from 'node:process';
import { SUPPORTED_NODE } from '#packages/foundation';
import type { Finding } from '../finding.ts';

/** Versions of the machine and of what runs this. @param edgeml version of the collection; undefined on a device that does not say */
export async function checkVersions(edgeml: string | undefined): Promise<readonly Finding[]> {
  const info = (name: string, says: string): Finding => ({ section: 'versions', name, state: 'info', says });
  const memoryGB = (totalmem() / 1e9).toFixed(1);
  return [
    ...(edgeml === undefined ? [] : [info('edgeml', edgeml)]),
    nodeVersion(process.versions.node),
    info('system', `${await systemName()}, ${process.platform} ${process.arch}, kernel ${release()}${glibc()}`),
    info(
      'processor',
      `${cpus()[0]?.model.trim() ?? 'unknown'}, ${availableParallelism()} to use, ${memoryGB} GB of memory`,
    ),
  ];
}

function nodeVersion(version: string): Finding {
  const [major = 0] = version.split('.').map(Number);
  const isKnown = (SUPPORTED_NODE.tested as readonly number[]).includes(major);
  return {
    section: 'versions',
    name: 'Node.js',
    state: isKnown ? 'ok' : 'warning',
    says: isKnown ? version : `${version}; tested are ${SUPPORTED_NODE.tested.join(', ')}`,
  };
}

async function systemName(): Promise<string> {
  const text = await readFile('/etc/os-release', 'utf8').catch(() => '');
  return /^PRETTY_NAME="?([^"\n]+)/m.exec(text)?.[1] ?? 'system unknown';
}

function glibc(): string {
  const report = process.report?.getReport() as { header?: { glibcVersionRuntime?: string } } | undefined;
  const version = report?.header?.glibcVersionRuntime;
  return version === undefined ? '' : `, glibc ${version}`;
}
