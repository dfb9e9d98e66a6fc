import type { Finding } from '../finding.ts';
import { runCommand } from '../run-command.ts';

/** Endings of decoders that use a device of their own, e.g. `h264_v4l2m2m`. */
const HARDWARE_DECODER = /^ V\S+ +(\w+_(?:v4l2m2m|rkmpp|qsv|cuvid|mmal|omx|nvmpi))\s/gm;

/**
 * The ffmpeg of this machine, and the hardware that it decodes with.
 *
 * @param isNeeded whether a configured source reads through it
 */
export async function checkFfmpeg(
  command: string,
  isNeeded: boolean,
  signal: AbortSignal,
): Promise<readonly Finding[]> {
  const ask = (...words: readonly string[]) => runCommand(command, ['-hide_banner', '-nostdin', ...words], { signal });
  const version = await runCommand(command, ['-version'], { signal });
  const [, name] = /^ffmpeg version (\S+)/m.exec(version.out) ?? [];
  const base = { section: 'ffmpeg' } as const;
  if (name === undefined) {
    const problem = version.problem === '' ? `\`${command} -version\` names no version` : version.problem;
    const todo =
      'Install it (Debian, Ubuntu, Raspberry Pi OS: apt-get install ffmpeg), or set FfmpegPath of the source.';
    return [{ ...base, name: command, state: isNeeded ? 'error' : 'info', says: problem, todo }];
  }
  const accelerations = (await ask('-hwaccels')).out
    .split('\n')
    .slice(1)
    .map((line) => line.trim());
  const found: Finding[] = [{ ...base, name: command, state: 'ok', says: `version ${name}` }];
  for (const acceleration of accelerations.filter((word) => word !== '')) found.push(await device(acceleration, ask));
  const decoders = [...(await ask('-decoders')).out.matchAll(HARDWARE_DECODER)].map(([, decoder]) => decoder);
  if (decoders.length > 0)
    found.push({
      ...base,
      name: 'decoders',
      state: 'info',
      says: `built in, found out by opening a stream: ${decoders.join(', ')}`,
    });
  return found;
}

async function device(
  name: string,
  ask: (...words: readonly string[]) => ReturnType<typeof runCommand>,
): Promise<Finding> {
  const test = ['-f', 'lavfi', '-i', 'nullsrc=size=16x16', '-frames:v', '1', '-f', 'null', '-'];
  const { code, err, problem } = await ask('-loglevel', 'error', '-init_hw_device', name, ...test);
  const base = { section: 'ffmpeg', name } as const;
  if (code === 0) return { ...base, state: 'ok', says: 'there is a device' };
  const said =
    err
      .trim()
      .split('\n')[0]
      ?.replace(/^\[[^\]]*\] /, '') ?? '';
  return { ...base, state: 'info', says: `no device: ${said || problem || `exit code ${code}`}` };
}
