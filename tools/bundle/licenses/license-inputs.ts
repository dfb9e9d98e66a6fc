import path from 'node:path';
import cyclonedx from '@cyclonedx/cyclonedx-library/package.json' with { type: 'json' };
import spdx from 'spdx-license-list/package.json' with { type: 'json' };
import { PROJECT } from '../project.ts';
import type { FingerprintPart } from '../store/fingerprint.ts';

/** The inputs of every zip's license files, beside the software in it. */
export const LICENSE_INPUTS: readonly FingerprintPart[] = [
  { path: path.join(PROJECT, 'LICENSE') },
  { path: import.meta.dirname, only: /(?<!\.test)\.(ts|txt)$/ },
  { text: `cyclonedx ${cyclonedx.version}, spdx ${spdx.version}` },
];
