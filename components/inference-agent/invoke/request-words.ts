import { randomUUID } from 'node:crypto';

import { agentErrors } from '../errors.ts';

const IMAGE_TYPE =
  /^(image\/(jpe?g|png|webp|bmp|x-bmp|x-ms-bmp|tiff|x-npy)|application\/(octet-stream|x-np[yz]|zip|vnd\.edgeml\.frame))$/;

/** Undefined if the request does not say: the bytes decide what the image is in any case. @throws EdgeError `http.content-type` */
export function imageTypeOf(given: string | undefined): string | undefined {
  const type = given?.split(';', 1)[0]?.trim().toLowerCase();
  if (type === undefined || type === '' || IMAGE_TYPE.test(type)) return type || undefined;
  const message = `Content-Type is "${given}"; images come as image/jpeg, image/png, image/webp, image/bmp or image/tiff, arrays as application/x-npz, the path of either as application/json`;
  throw agentErrors.error('http.content-type', message, { facts: { contentType: given } });
}

/** @param name of the field or header, for the message. @throws EdgeError `http.bad-request` */
export function deadlineOf(given: unknown, name: string): number | undefined {
  if (given === undefined) return undefined;
  const deadlineMs = Number(given);
  if (Number.isFinite(deadlineMs) && deadlineMs > 0) return deadlineMs;
  const message = `${name} must be a positive number of milliseconds, got ${JSON.stringify(given)}`;
  throw agentErrors.error('http.bad-request', message);
}

/** The caller's id if it gave one of a sensible form, so that its log and ours can be brought together. */
export function requestIdOf(given: unknown): string {
  return typeof given === 'string' && /^[\w.:-]{1,128}$/.test(given) ? given : randomUUID();
}
