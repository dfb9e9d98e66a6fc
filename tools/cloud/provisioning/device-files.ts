import { mkdir, rm } from 'node:fs/promises';
import path from 'node:path';
import { messageOf, readTextIfAny, writeAtomically } from '#packages/foundation';
import { cloudErrors } from '../errors.ts';

/** A device's identity; kept beside its keys, without which it is useless. */
export interface DeviceIdentity {
  readonly thingName: string;
  readonly certificateArn: string;
  readonly certificateId: string;
}

export interface DeviceKeys {
  readonly certificatePem: string;
  readonly privateKey: string;
}

export const DEVICE_FILES = {
  identity: 'identity.json',
  certificate: 'device.pem.crt',
  privateKey: 'private.pem.key',
  rootCa: 'AmazonRootCA1.pem',
  nucleus: 'config.yaml',
} as const;

/** Only its owner may read a private key. */
const PRIVATE_MODE = 0o600;

/** The files of one device in one folder. */
export class DeviceFolder {
  readonly folder: string;

  constructor(folder: string) {
    this.folder = folder;
  }

  file(name: keyof typeof DEVICE_FILES): string {
    return path.join(this.folder, DEVICE_FILES[name]);
  }

  /** @throws EdgeError `provision.other-device` */
  async identity(thingName: string): Promise<DeviceIdentity | undefined> {
    const text = await readTextIfAny(this.file('identity')).catch((error: unknown) => {
      throw failed(this.folder, error);
    });
    if (text === undefined) return undefined;
    const identity = JSON.parse(text) as DeviceIdentity;
    if (identity.thingName === thingName) return identity;
    const message = `${this.folder} holds the keys of ${identity.thingName}, not of ${thingName}`;
    throw cloudErrors.error('provision.other-device', message);
  }

  /** Keys first: an identity without them would be taken for whole. */
  async saveKeys(identity: DeviceIdentity, { certificatePem, privateKey }: DeviceKeys): Promise<void> {
    await this.#write('privateKey', privateKey);
    await this.#write('certificate', certificatePem);
    await this.#write('identity', `${JSON.stringify(identity, undefined, 2)}\n`);
  }

  async saveNucleusConfiguration(text: string): Promise<void> {
    await this.#write('nucleus', text);
  }

  async remove(): Promise<void> {
    const names = Object.keys(DEVICE_FILES) as (keyof typeof DEVICE_FILES)[];
    await Promise.all(names.map((name) => rm(this.file(name), { force: true })));
  }

  async #write(name: keyof typeof DEVICE_FILES, text: string): Promise<void> {
    try {
      await mkdir(this.folder, { recursive: true, mode: 0o700 });
      await writeAtomically(this.file(name), text, { mode: PRIVATE_MODE });
    } catch (error) {
      throw failed(this.folder, error);
    }
  }
}

function failed(folder: string, cause: unknown) {
  return cloudErrors.error('provision.files', `cannot keep the device's files in ${folder}: ${messageOf(cause)}`, {
    cause,
  });
}
