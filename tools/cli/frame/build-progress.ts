import type { BuildOptions } from '../../bundle/build.ts';
import type { Output } from './output.ts';

/** Callbacks that show a build on the progress line. */
export function buildProgress(out: Output): Pick<BuildOptions, 'onProgress' | 'onDownload'> {
  return {
    onProgress: ({ artifact, done }) => {
      if (!done) out.progress(`Building ${artifact} …`);
    },
    onDownload: ({ name, version }) => out.progress(`Fetching ${name} ${version} …`),
  };
}
