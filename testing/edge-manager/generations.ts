import { readFileSync } from 'node:fs';
import path from 'node:path';

import { PROJECT } from '../../tools/bundle/project.ts';

const AGENT_PROTO_FILE = path.join(PROJECT, 'components/inference-agent/edge-manager/agent.proto');

/** Generations of clients, by the year in which their interface was published. */
export const CLIENT_GENERATIONS = ['2020', '2021', '2022'] as const;
export type ClientGeneration = (typeof CLIENT_GENERATIONS)[number];

/**
 * Our own interface, reduced to what clients of a year knew: before 2022 no handles and auxiliary data by their first
 * spelling, in 2020 names of tensors as text.
 */
export function protoOf(generation: ClientGeneration): string {
  const proto = readFileSync(AGENT_PROTO_FILE, 'utf8');
  if (generation === '2022') return proto;
  const old = proto.replaceAll(/^.*\/\/ since 2022\n/gm, '').replaceAll('AuxiliaryData', 'AuxilaryData');
  return generation === '2021' ? old : old.replace('bytes name = 1;', 'string name = 1;');
}
