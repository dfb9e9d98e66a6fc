/** Services to be chosen when the models are known: all that are active, or one of them. */
export interface ActiveChoice {
  /** Only models for it; empty: any. */
  readonly task: string;
  /** Only the one that has been there longest. */
  readonly isOne: boolean;
}

/** Stands for "all active models", of one task or of any, until the models are known. No service has such a name. */
export function everyActive(task = ''): string {
  return `*${task}`;
}

/** As `everyActive`, for one model alone. */
export function oneActive(task: string): string {
  return `+${task}`;
}

/** @returns undefined for the name of a service */
export function activeChoice(service: string): ActiveChoice | undefined {
  const isOne = service.startsWith('+');
  return isOne || service.startsWith('*') ? { task: service.slice(1), isOne } : undefined;
}
