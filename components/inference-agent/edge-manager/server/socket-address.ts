import { resolve } from 'node:path';

/**
 * Path of the socket that a setting names: a path, or a URL in one of the forms that gRPC takes, `unix:///absolute`,
 * `unix:/absolute` and `unix:relative`. Source: grpc.github.io/grpc/core/md_doc_naming.html.
 */
export function socketPathOf(setting: string, workFolder: string): string {
  const path = /^unix:(?:\/\/(?=\/))?/.test(setting) ? setting.replace(/^unix:(?:\/\/(?=\/))?/, '') : setting;
  return resolve(workFolder, path);
}
