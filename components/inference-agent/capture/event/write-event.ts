import type { CapturedAuxiliary, CapturedTensor, CaptureRecord } from '../capture.ts';
import { decodeBase64 } from './base64.ts';
import type { CaptureEntry, CaptureEvent } from './capture-event.ts';
import { inferenceTime } from './key-layout.ts';

export interface EventContext {
  readonly fleet: string;
  readonly device: string;
  readonly modelVersion: string;
  /** Of the inference, milliseconds. */
  readonly time: number;
  /** Payloads of more bytes get a file of their own. */
  readonly embedLimit: number;
  /** Where a side file will be, as `data-ref` says it. */
  readonly refOf: (fileName: string) => string;
}

export interface SideFile {
  readonly name: string;
  readonly data: Uint8Array;
  readonly contentType: string;
}

export interface WrittenEvent {
  /** JSON and its newline. */
  readonly line: Buffer;
  readonly sideFiles: readonly SideFile[];
}

/** A capture as a line of JSON, and the files beside it. */
export function writeEvent(record: CaptureRecord, context: EventContext): WrittenEvent {
  const sideFiles: SideFile[] = [];
  const place = (payload: Payload, about: EntryHead): CaptureEntry => {
    if (payload.bytes.byteLength <= context.embedLimit) {
      return { ...about, encoding: payload.encoding, observedContentType: payload.kind, data: payload.inline() };
    }
    const name = `${record.captureId}-${sideFiles.length + 1}.${extension(payload)}`;
    sideFiles.push({ name, data: payload.bytes, contentType: payload.contentType });
    return {
      ...about,
      encoding: payload.fileEncoding,
      observedContentType: payload.kind,
      'data-ref': context.refOf(name),
    };
  };
  const tensors = (list: readonly CapturedTensor[], mode: EntryHead['mode']) =>
    list.map((tensor) => place(tensorPayload(tensor), { name: tensor.name, mode }));
  const auxiliary = (list: readonly CapturedAuxiliary[], mode: EntryHead['mode']) =>
    list.map((item, index) => place(auxiliaryPayload(item), { name: `${mode}-${index + 1}`, mode }));
  const event: CaptureEvent = {
    deviceFleetInputs: tensors(record.inputs, 'Input'),
    deviceFleetOutputs: tensors(record.outputs, 'Output'),
    deviceFleetAuxiliaryInputs: auxiliary(record.inputsAuxiliary, 'Input'),
    deviceFleetAuxiliaryOutputs: auxiliary(record.outputsAuxiliary, 'Output'),
    eventMetadata: {
      deviceFleetName: context.fleet,
      deviceId: context.device,
      eventId: record.captureId,
      inferenceTime: inferenceTime(context.time),
      modelName: record.modelName,
      modelVersion: context.modelVersion,
    },
    eventVersion: '0',
  };
  return { line: Buffer.from(`${JSON.stringify(event)}\n`), sideFiles };
}

type EntryHead = Pick<CaptureEntry, 'name' | 'mode'>;

interface Payload {
  readonly kind: string;
  readonly bytes: Uint8Array;
  readonly encoding: CaptureEntry['encoding'];
  readonly inline: () => string;
  readonly fileEncoding: CaptureEntry['encoding'];
  readonly contentType: string;
}

function tensorPayload({ dataType, shape, data }: CapturedTensor): Payload {
  const kind = `Tensor[${dataType}; ${shape.join(', ')}]`;
  return { ...binary(data), kind, contentType: 'application/octet-stream' };
}

/** UTF-8 stays text; data that claim to be base64 and are not are taken as plain bytes. */
function auxiliaryPayload({ name, encoding, data }: CapturedAuxiliary): Payload {
  const kind = name;
  const contentType = CONTENT_TYPES[encoding] ?? imageType(name) ?? 'application/octet-stream';
  if (encoding === 'BASE64') {
    return { ...binary(decodeBase64(Buffer.from(data).toString('latin1')) ?? data), kind, contentType };
  }
  const text = textOf(data);
  if (text === undefined) return { ...binary(data), kind, contentType };
  return { kind, bytes: data, encoding, inline: () => text, fileEncoding: encoding, contentType };
}

const CONTENT_TYPES: Partial<Record<CapturedAuxiliary['encoding'], string>> = {
  CSV: 'text/csv',
  JSON: 'application/json',
};

function imageType(name: string): string | undefined {
  const type = /(?:^|\.)(jpe?g|png)$/i.exec(name)?.[1]?.toLowerCase();
  return type && `image/${type === 'jpg' ? 'jpeg' : type}`;
}

function binary(bytes: Uint8Array) {
  const inline = (): string => Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('base64');
  return { bytes, encoding: 'BASE64', inline, fileEncoding: 'NONE' } as const;
}

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

function textOf(data: Uint8Array): string | undefined {
  try {
    return utf8.decode(data);
  } catch {
    return undefined;
  }
}

const MAX_EXTENSION = 32;

/** `jpg`, `mask.jpg`, …; `bin` for tensors. */
function extension({ kind }: Payload): string {
  if (kind.startsWith('Tensor[')) return 'bin';
  const safe = kind.replace(/[^A-Za-z0-9._-]/g, '').replace(/\.{2,}/g, '.');
  return safe.replace(/^\.+|\.+$/g, '').slice(-MAX_EXTENSION) || 'bin';
}
