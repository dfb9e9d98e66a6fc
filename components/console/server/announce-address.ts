import { join } from 'node:path';
import { writeAtomically } from '#packages/foundation';

/** The address that `npm start` prints, for everybody who may read the work folder. */
export interface ConsoleAddress {
  readonly url: string;
  readonly token: string;
}

/** `console.json` in the work folder, for the user of the component only. */
export async function announceAddress(workFolder: string, address: ConsoleAddress): Promise<void> {
  await writeAtomically(join(workFolder, 'console.json'), `${JSON.stringify(address)}\n`, { mode: 0o600 });
}
