import { access } from 'node:fs/promises';
import process from 'node:process';
import type { Finding } from '../finding.ts';
import { runCommand } from '../run-command.ts';

/** Any clock that shows less was never set. */
const EARLIEST = Date.UTC(2026, 0, 1);

/** Whether the clock was set and is kept right: signatures of requests to AWS are good for five minutes. */
export async function checkClock(now: number, signal: AbortSignal): Promise<readonly Finding[]> {
  const says = new Date(now).toISOString();
  if (now < EARLIEST)
    return [{ section: 'clock', name: 'time', state: 'error', says: `${says}: the clock was never set`, todo: NTP }];
  return [{ section: 'clock', name: 'time', state: 'ok', says }, ...(await synchronized(signal))];
}

const NTP = 'Let a time service keep it right, e.g. systemd-timesyncd or chrony.';

async function synchronized(signal: AbortSignal): Promise<readonly Finding[]> {
  if (process.platform !== 'linux') return [];
  const base = { section: 'clock', name: 'synchronized' } as const;
  const answer = await runCommand('timedatectl', ['show', '-p', 'NTPSynchronized', '--value'], { signal });
  const word = answer.code === 0 ? answer.out.trim() : '';
  if (word === 'yes') return [{ ...base, state: 'ok', says: 'by a time service' }];
  if (word === 'no') return [{ ...base, state: 'warning', says: 'by no time service', todo: NTP }];
  const isSet = await access('/run/systemd/timesync/synchronized').then(
    () => true,
    () => false,
  );
  return [{ ...base, state: 'info', says: isSet ? 'by systemd-timesyncd' : 'unknown: this system does not say' }];
}
