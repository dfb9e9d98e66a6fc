/** Stands for "all active models", of one task or of any, until the models are known. No service has such a name. */
export function everyActive(task = ''): string {
  return `*${task}`;
}

/** @returns the task, empty for any; undefined for the name of a service */
export function everyActiveTask(service: string): string | undefined {
  return service.startsWith('*') ? service.slice(1) : undefined;
}
