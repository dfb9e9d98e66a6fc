import type { ProcessCounts } from './process-counts.ts';

/** The counts of a process as metrics, named as the client libraries of Prometheus name those that they have. */
export const PROCESS_METRICS: readonly {
  readonly name: string;
  readonly help: string;
  readonly key: keyof ProcessCounts;
}[] = [
  { name: 'process_open_fds', help: 'Files, sockets and pipes that are open.', key: 'descriptors' },
  { name: 'process_max_fds', help: 'Files, sockets and pipes that may be open at once.', key: 'maxDescriptors' },
  { name: 'process_threads', help: 'Threads of the process.', key: 'threads' },
  { name: 'process_children', help: 'Processes that it has started and that run.', key: 'children' },
];
