import { Secrets } from './bundle/secrets.ts';
import { writeSupportBundle } from './bundle/support-bundle.ts';
import { examine } from './examine.ts';
import type { ExamineOptions } from './examine.ts';
import type { Finding } from './finding.ts';

export interface DoctorOptions extends ExamineOptions {
  /** Where a support archive goes; undefined: none is written. */
  readonly bundle?: string | undefined;
}

export interface DoctorOutcome {
  readonly findings: readonly Finding[];
  /** The archive, and what is in it. */
  readonly bundle?: { readonly file: string; readonly files: readonly string[] };
  /** Whether something that is configured cannot work. */
  readonly isIll: boolean;
}

/** Looks at everything, and writes the archive if one is wanted. @throws the system's error if the archive cannot be written */
export async function runDoctor(options: DoctorOptions): Promise<DoctorOutcome> {
  const { findings: found, configurations, sockets } = await examine(options);
  const secrets = new Secrets();
  for (const configuration of configurations.values()) secrets.learn(configuration);
  const findings = secrets.inValue(found) as readonly Finding[];
  const isIll = findings.some(({ state }) => state === 'error');
  const { bundle: file, root, now } = options;
  if (file === undefined) return { findings, isIll };
  const files = await writeSupportBundle(file, { findings, root, configurations, secrets, sockets, now });
  return { findings, isIll, bundle: { file, files } };
}
