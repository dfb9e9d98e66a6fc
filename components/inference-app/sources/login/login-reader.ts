import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { messageOf } from '#packages/foundation';

import type { SourceConfiguration } from '../../config.ts';
import { appErrors } from '../../errors.ts';
import { parseLogin } from './login.ts';
import type { Login } from './login.ts';

export interface LoginReaderOptions {
  /** Of the source. */
  readonly name: string;
  readonly configuration: Pick<SourceConfiguration, 'Username' | 'Password' | 'Credentials'>;
  readonly workFolder: string;
  /** Text of a secret of aws.greengrass.SecretManager. */
  readonly readSecret: (secretId: string) => Promise<string>;
}

/** Reads a source's user and password again each time that its camera is opened: a changed password needs no restart. */
export class LoginReader {
  readonly #options: LoginReaderOptions;

  constructor(options: LoginReaderOptions) {
    this.#options = options;
  }

  /** Undefined if the settings name none. @throws EdgeError `source.no-credentials`; never with what was read */
  async read(): Promise<Login | undefined> {
    const { Username: username, Password: password, Credentials } = this.#options.configuration;
    const { File: file, Secret: secret } = Credentials;
    if (file !== '') return this.#parsed(`the file ${file}`, () => this.#readFile(file));
    if (secret !== '') return this.#parsed(`the secret ${secret}`, () => this.#options.readSecret(secret));
    return username === '' ? undefined : { username, password };
  }

  async #parsed(what: string, read: () => Promise<string>): Promise<Login> {
    const text = await read().catch((thrown: unknown) => {
      throw this.#missing(`${what} cannot be read: ${messageOf(thrown)}`, what);
    });
    const login = parseLogin(text);
    if (login) return login;
    throw this.#missing(`${what} is neither {"username": …, "password": …} nor one line user:password`, what);
  }

  #readFile(file: string): Promise<string> {
    return readFile(resolve(this.#options.workFolder, file), 'utf8');
  }

  #missing(reason: string, from: string): Error {
    const { name } = this.#options;
    const message = `source ${name} does not have a user and password: ${reason}`;
    return appErrors.error('source.no-credentials', message, { facts: { source: name, from } });
  }
}
