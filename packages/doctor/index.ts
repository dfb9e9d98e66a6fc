export type { Finding } from './finding.ts';
export { reportText } from './report-text.ts';
export { runDoctor } from './run-doctor.ts';
export { urlTarget } from './targets.ts';
