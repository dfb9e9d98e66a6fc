import { sleep } from '#packages/foundation';
import type { Clock, Logger } from '#packages/foundation';

import { diskFolder } from '../spool/disk-folder.ts';
import { Spool } from '../spool/spool.ts';
import type { SpoolLimits } from '../spool/room.ts';

const RETRY_MS = 10_000;

/**
 * Opens the spool, again and again while the disk does not let it: a component that ends for a full disk is BROKEN after
 * three times, and then nobody uploads what fills it.
 *
 * @throws the signal's reason
 */
export async function openSpool(
  folder: string,
  limits: () => SpoolLimits,
  clock: Clock,
  log: Logger,
  signal: AbortSignal,
): Promise<Spool> {
  for (;;) {
    signal.throwIfAborted();
    try {
      return await Spool.open({ folder: await diskFolder(folder), limits: limits(), clock, log });
    } catch (error) {
      log.error({ error, folder, retryMs: RETRY_MS }, 'spool.not-opened');
      await sleep(clock, RETRY_MS, signal);
    }
  }
}
