import { execFile } from 'node:child_process';
import { mkdir, rm } from 'node:fs/promises';
import path from 'node:path';
import { promisify } from 'node:util';
import { exists } from '#packages/foundation';
import { projectPaths } from '../../tools/bundle/project.ts';
import type { CameraFigures, CameraRun } from './camera-run.ts';

const run = promisify(execFile);
const PEER = path.join(import.meta.dirname, 'camera_peer.py');
const MODULES = ['onnxruntime', 'opencv-python-headless', 'numpy'];
const VENV = path.join(projectPaths.cache, 'bench-camera-venv');

/**
 * An interpreter with the peer's modules: the one that is named, else one of the project's own, made with pip the first time.
 * @returns its path, or why there is none
 */
export async function findPython(
  named: string | undefined,
  signal: AbortSignal,
): Promise<{ python: string } | { why: string }> {
  if (named !== undefined) {
    const has = await hasModules(named);
    return has ? { python: named } : { why: `${named} lacks ${MODULES.join(', ')}` };
  }
  const python = path.join(VENV, 'bin/python');
  if (await hasModules(python)) return { python };
  try {
    await mkdir(path.dirname(VENV), { recursive: true });
    await run('python3', ['-m', 'venv', VENV], { signal });
    await run(python, ['-m', 'pip', 'install', '--quiet', ...MODULES], { signal });
    return { python };
  } catch (thrown) {
    signal.throwIfAborted();
    await rm(VENV, { recursive: true, force: true });
    return { why: `python3 with ${MODULES.join(', ')} could not be made: ${lastLine(thrown)}` };
  }
}

export async function measurePython(python: string, task: CameraRun, signal: AbortSignal): Promise<CameraFigures> {
  const { model, video, warmUp, frames, folder } = task;
  if (folder !== undefined) await mkdir(folder, { recursive: true });
  const words = [
    PEER,
    model.file,
    String(model.size),
    video,
    String(warmUp),
    String(frames),
    ...(folder ? [folder] : []),
  ];
  const { stdout } = await run(python, words, { signal });
  if (folder !== undefined && (await exists(folder))) await rm(folder, { recursive: true });
  return JSON.parse(stdout) as CameraFigures;
}

async function hasModules(python: string): Promise<boolean> {
  return run(python, ['-c', 'import cv2, numpy, onnxruntime']).then(
    () => true,
    () => false,
  );
}

function lastLine(thrown: unknown): string {
  const { stderr, message } = thrown as { stderr?: string; message: string };
  return (stderr ?? '').trim().split('\n').at(-1) || message;
}
