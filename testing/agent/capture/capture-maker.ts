import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { filesBelow } from '#packages/foundation';
import type { CaptureRecord } from '../../../components/inference-agent/capture/capture.ts';
import type { CaptureSettings } from '../../../components/inference-agent/capture/capture-settings.ts';
import { readEvent } from '../../../components/inference-agent/capture/event/read-events.ts';
import type { CaptureEvent } from '../../../components/inference-agent/capture/event/capture-event.ts';

export function captureRecord(captureId: string, changes: Partial<CaptureRecord> = {}): CaptureRecord {
  const data = new Uint8Array(new Float32Array([0.25, 0.5, 0.25]).buffer);
  return {
    modelName: 'parts',
    captureId,
    inputs: [{ name: 'input', dataType: 'UINT8', shape: [1, 2, 2, 1], data: Uint8Array.of(1, 2, 3, 4) }],
    outputs: [{ name: 'output', dataType: 'FLOAT32', shape: [1, 3], data }],
    inputsAuxiliary: [],
    outputsAuxiliary: [],
    ...changes,
  };
}

export function settingsFor(diskPath: string, changes: Partial<CaptureSettings> = {}): CaptureSettings {
  return {
    destination: 'Disk',
    fleet: 'plant-2',
    device: 'belt-7',
    bucket: 'data',
    folderPrefix: 'sme-capture',
    diskPath,
    bufferSize: 30,
    batchSize: 10,
    pushPeriodMs: 4_000,
    embedLimit: 3_072,
    periodicUpload: false,
    uploadPeriodMs: 8_000,
    maxDiskBytes: 1_000_000_000,
    minFreeBytes: 0,
    ...changes,
  };
}

/** Events of all finished files below a folder, by path. */
export async function eventsOnDisk(root: string): Promise<ReadonlyMap<string, readonly CaptureEvent[]>> {
  const paths = (await filesBelow(root)).filter((path) => path.endsWith('.jsonl') && !path.startsWith('.'));
  const read = paths.map(async (path) => [path, eventsOf(await readFile(join(root, path), 'utf8'))] as const);
  return new Map(await Promise.all(read));
}

/** @throws Error for a line that is cut or no event */
export function eventsOf(text: string): readonly CaptureEvent[] {
  const lines = text.split('\n');
  if (lines.pop() !== '') throw new Error(`the last line is not finished: ${text.slice(-200)}`);
  return lines.map((line) => {
    const event = readEvent(line);
    if (!event) throw new Error(`no event: ${line.slice(0, 200)}`);
    return event;
  });
}

export function idsOf(events: Iterable<readonly CaptureEvent[]>): readonly string[] {
  return [...events].flat().map((event) => event.eventMetadata.eventId);
}
