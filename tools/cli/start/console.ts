import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { readRecipe } from '../../bundle/recipe-source.ts';
import type { LocalDeploymentRequest } from '../../local-core/ports.ts';

const CONSOLE = 'edgeml.Console';
const UPLOADER = 'edgeml.FeedbackUploader';
/**
 * Samples that "This is wrong" keeps stay in the spool of this machine: nobody listens at this address, so that no stranger's bucket is
 * asked, even if there are credentials.
 */
const SAMPLES_STAY_HERE = {
  S3Endpoint: 'http://127.0.0.1:9',
  FeedbackConfigurationMap: {
    samples: { 's3-bucket-name': 'edgeml-samples', 'content-type': 'image/jpeg', 'file-ext': 'jpg' },
  },
};

/** The deployment with the console in it, on its usual port, or on a free one if another console has that. */
export async function withConsole(request: LocalDeploymentRequest, trySocket: string): Promise<LocalDeploymentRequest> {
  const { version } = await readRecipe(CONSOLE);
  const hasUploader = Object.hasOwn(request.rootComponentVersionsToAdd ?? {}, UPLOADER);
  const settings = { AllowConfiguration: true, TrySocket: trySocket, AnyPortIfTaken: true };
  return {
    ...request,
    rootComponentVersionsToAdd: { ...request.rootComponentVersionsToAdd, [CONSOLE]: version },
    componentToConfiguration: {
      ...(hasUploader ? { [UPLOADER]: { MERGE: SAMPLES_STAY_HERE } } : {}),
      ...request.componentToConfiguration,
      [CONSOLE]: { MERGE: settings },
    },
  };
}

/** Address of the console of a core, with the token that allows writing; undefined as long as it does not run. */
export function consoleAddress(root: string): string | undefined {
  try {
    const file = path.join(root, 'work', CONSOLE, 'console.json');
    const { url, token } = JSON.parse(readFileSync(file, 'utf8')) as { readonly url: string; readonly token: string };
    return `${url}/#token=${token}`;
  } catch {
    return undefined;
  }
}

/** Opens an address in the browser of this machine, if it has one. */
export function openInBrowser(address: string): void {
  const [command, ...words] = OPENERS[process.platform] ?? ['xdg-open'];
  const opener = spawn(command ?? 'xdg-open', [...words, address], { stdio: 'ignore', detached: true });
  // The address is printed, too.
  opener.once('error', () => undefined);
  opener.unref();
}

const OPENERS: Partial<Record<NodeJS.Platform, readonly string[]>> = {
  darwin: ['open'],
  win32: ['rundll32', 'url.dll,FileProtocolHandler'],
};
