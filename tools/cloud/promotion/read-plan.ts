import { readFile } from 'node:fs/promises';
import { parse } from 'yaml';
import { messageOf } from '#packages/foundation';
import { cloudErrors } from '../errors.ts';
import { checkPlan } from './promotion-plan.ts';
import type { PromotionPlan } from './promotion-plan.ts';

/** Reads a plan, YAML or JSON. @throws EdgeError `promote.invalid-plan` */
export async function readPlan(file: string): Promise<PromotionPlan> {
  let document: unknown;
  try {
    document = parse(await readFile(file, 'utf8'));
  } catch (cause) {
    const message = `cannot read the plan ${file}: ${messageOf(cause)}`;
    throw cloudErrors.error('promote.invalid-plan', message, { cause, facts: { issues: [messageOf(cause)] } });
  }
  return checkPlan(document, file);
}
