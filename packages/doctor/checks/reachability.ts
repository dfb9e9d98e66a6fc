import { constants } from 'node:fs';
import { access } from 'node:fs/promises';
import { connect } from 'node:net';
import type { Finding } from '../finding.ts';
import type { Target } from '../targets.ts';

const TIMEOUT_MS = 5_000;

/** Whether what is configured can be reached from here. Only a connection is made: nobody logs in anywhere. */
export async function checkReachability(targets: readonly Target[], signal: AbortSignal): Promise<readonly Finding[]> {
  return Promise.all(targets.map((target) => finding(target, signal)));
}

async function finding(target: Target, signal: AbortSignal): Promise<Finding> {
  const { name, kind, shown } = target;
  const base = { section: 'reachability', name } as const;
  const problem = kind === 'network' ? await connects(target, signal) : await opens(target.path ?? '');
  if (problem === '')
    return { ...base, state: 'ok', says: kind === 'network' ? `${shown} answers` : `${shown} is there` };
  const todo =
    kind === 'network' ? 'Look at the network, the address and the port.' : 'Correct the path, or who may read it.';
  return { ...base, state: 'error', says: `${shown}: ${problem}`, todo };
}

/** Empty if it does. */
function connects({ host = '', port = 0 }: Target, signal: AbortSignal): Promise<string> {
  return new Promise((resolve) => {
    const socket = connect({ host, port, timeout: TIMEOUT_MS });
    const end = (problem: string): void => {
      signal.removeEventListener('abort', onAbort);
      socket.destroy();
      resolve(problem);
    };
    const onAbort = (): void => end('stopped');
    signal.addEventListener('abort', onAbort, { once: true });
    socket.once('connect', () => end(''));
    socket.once('timeout', () => end(`no answer within ${TIMEOUT_MS / 1_000} s`));
    socket.once('error', (error: NodeJS.ErrnoException) => end(error.code ?? error.message));
  });
}

async function opens(path: string): Promise<string> {
  return access(path, constants.R_OK).then(
    () => '',
    (thrown: NodeJS.ErrnoException) => (thrown.code === 'ENOENT' ? 'is not there' : `may not be read (${thrown.code})`),
  );
}
