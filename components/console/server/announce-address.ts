import { join } from 'node:path';
import { writeAtomically } from '#packages/foundation';

/** What `npm start` prints, and whoever may read the work folder opens. */
export interface ConsoleAddress {
  readonly url: string;
  readonly token: string;
}

/** `console.json` in the work folder, for the user of the component only. */
export async function announceAddress(workFolder: string, address: ConsoleAddress): Promise<void> {
  await writeAtomically(join(workFolder, 'console.json'), `${JSON.stringify(address)}\n`, { mode: 0o600 });
}
