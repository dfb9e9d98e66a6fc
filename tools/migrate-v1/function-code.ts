import { readFile, stat } from 'node:fs/promises';
import path from 'node:path';
import { filesBelow, messageOf } from '#packages/foundation';
import { migrationErrors } from './errors.ts';

/** The code of a function, as somebody has it in a folder. */
export interface FunctionCode {
  readonly folder: string;
  /** Files of it, relative, those of the old SDKs left out. */
  readonly files: readonly string[];
  /** E.g. `classify.function_handler`. */
  readonly handler: string;
  /** Whether it asks models. */
  readonly usesModels: boolean;
  /** Packages of the old SDKs that lay beside it; ours take their place. */
  readonly leftOut: readonly string[];
}

/** Modules that deployment packages of V1 had to bring along. */
const OLD_PACKAGES = [
  'greengrasssdk',
  'greengrass_common',
  'greengrass_ipc_python_sdk',
  'greengrass_ipc_sdk',
  'greengrass_machine_learning_sdk',
];
const HANDLER = /^def ((?:function|lambda)_handler)\s*\(/m;

/** @param given `FOLDER` or `FOLDER:module.function` @throws EdgeError `migrate.code` */
export async function readCode(name: string, given: string): Promise<FunctionCode> {
  const [, folder = given, wanted] = /^(.+?)(?::([\w./]+\.\w+))?$/.exec(given) ?? [];
  const isFolder = await stat(folder).then(
    (found) => found.isDirectory(),
    (cause: unknown) => {
      throw migrationErrors.error('migrate.code', `the code of ${name} cannot be read: ${messageOf(cause)}`, { cause });
    },
  );
  if (!isFolder)
    throw migrationErrors.error('migrate.code', `${folder} is not a folder; unpack the code of ${name} first`);
  const all = (await filesBelow(folder)).filter((file) => !/(^|[/\\])__pycache__[/\\]|\.pyc$/.test(file));
  const files = all.filter((file) => !OLD_PACKAGES.includes(topOf(file)));
  const texts = await Promise.all(
    files
      .filter((file) => file.endsWith('.py'))
      .map(async (file) => [file, await readFile(path.join(folder, file), 'utf8')] as const),
  );
  return {
    folder,
    files,
    handler: wanted ?? handlerIn(name, folder, texts),
    usesModels: texts.some(([, text]) => /greengrass_machine_learning_sdk|edgeml_sdk/.test(text)),
    leftOut: [...new Set(all.map(topOf))].filter((top) => OLD_PACKAGES.includes(top)),
  };
}

/** The only handler of a usual name in the files at the top. */
function handlerIn(name: string, folder: string, texts: readonly (readonly [file: string, text: string])[]): string {
  const found = texts.flatMap(([file, text]) => {
    const handler = file.includes(path.sep) ? undefined : HANDLER.exec(text)?.[1];
    return handler === undefined ? [] : [`${file.slice(0, -'.py'.length)}.${handler}`];
  });
  if (found.length === 1) return found[0]!;
  const what =
    found.length === 0 ? 'no function_handler or lambda_handler is in its files' : `it has ${found.join(', ')}`;
  const message = `which function of ${name} is called is not clear: ${what}. Say it: --function ${name}=${folder}:module.function (Handler of "aws lambda get-function-configuration")`;
  throw migrationErrors.error('migrate.code', message);
}

function topOf(file: string): string {
  return file.split(path.sep)[0] ?? file;
}
