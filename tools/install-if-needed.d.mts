/** Runs `npm ci` when node_modules does not hold what package-lock.json locks. Resolves with whether it did. */
export function installIfNeeded(project?: string): Promise<boolean>;
/** Why an install is needed; undefined when it is not. */
export function reasonToInstall(project: string): string | undefined;
