import { chmod, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { exists } from '#packages/foundation';
import { letGroupEnter } from '#packages/http';
import type { AgentConfiguration } from '../config.ts';

/** Tells `run.sh` to open the folder: models of other users start before the agent has read its settings. */
const NOTE = 'group-enters';
const GROUP = 0o070;

/** Opens the work folder to its group, or closes it again. @throws EdgeError `socket.failed` */
export async function followWorkFolderMode(
  workFolder: string,
  { WorkFolderMode }: Pick<AgentConfiguration, 'WorkFolderMode'>,
): Promise<void> {
  const note = join(workFolder, NOTE);
  if (WorkFolderMode === '710') {
    await letGroupEnter(workFolder);
    await writeFile(note, '', { mode: 0o600 });
  } else if (await exists(note)) {
    await chmod(workFolder, (await stat(workFolder)).mode & 0o7777 & ~GROUP);
    await rm(note, { force: true });
  }
}
