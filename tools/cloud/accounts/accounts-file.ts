import { readFile } from 'node:fs/promises';
import { parse } from 'yaml';
import * as z from 'zod';
import { messageOf } from '#packages/foundation';
import { cloudErrors } from '../errors.ts';

const id = z.string().regex(/^\d{12}$/, 'must be the 12 digits of an account, in quotes');

const accountSchema = z.strictObject({
  id,
  /** Profile of ~/.aws/config. */
  profile: z.string().min(1),
});

const twinSchema = z.strictObject({
  /** That of the devices. */
  architecture: z.enum(['arm64', 'x86_64']).default('arm64'),
  /** Default: t4g.medium for arm64, t3.medium for x86_64. */
  instanceType: z.string().default(''),
  vpc: z.string().regex(/^vpc-[0-9a-f]+$/, 'must be the id of a VPC'),
  /** With a way out to AWS and to the download of the nucleus. */
  subnet: z.string().regex(/^subnet-[0-9a-f]+$/, 'must be the id of a subnet'),
  /** Version of the nucleus, that of the devices. Default: that of twin.yaml. */
  nucleus: z.string().optional(),
});

const fileSchema = z.strictObject({
  region: z.string().regex(/^[a-z]{2}(-[a-z]+)+-\d$/, 'must be a region, e.g. eu-west-1'),
  modelPackageGroup: z
    .string()
    .regex(/^[a-zA-Z0-9](-*[a-zA-Z0-9]){0,62}$/, 'must be a name of letters, digits and hyphens'),
  /** The mail address of the approver before production. */
  approver: z.email(),
  accounts: z.strictObject({
    tooling: accountSchema,
    preproduction: accountSchema.extend({ twin: twinSchema }),
    production: accountSchema,
    /** The account that trains; nothing is deployed there. Default: tooling. */
    experiments: z.strictObject({ id }).optional(),
  }),
});

/** `accounts.yaml`: which account does what. */
export type AccountsFile = z.output<typeof fileSchema>;
export type AccountName = 'tooling' | 'preproduction' | 'production';

/** @throws EdgeError `account.invalid-file` */
export async function readAccounts(file: string): Promise<AccountsFile> {
  let document: unknown;
  try {
    document = parse(await readFile(file, 'utf8'));
  } catch (cause) {
    throw invalid(file, [messageOf(cause)], cause);
  }
  const read = fileSchema.safeParse(document);
  if (!read.success)
    throw invalid(
      file,
      read.error.issues.map(({ path, message }) => `/${path.join('/')}: ${message}`),
    );
  const { tooling, preproduction, production } = read.data.accounts;
  const ids = [tooling.id, preproduction.id, production.id];
  if (new Set(ids).size < ids.length)
    throw invalid(file, ['/accounts: two of them have one id; docs/fleet.md is for one account']);
  return read.data;
}

function invalid(file: string, issues: readonly string[], cause?: unknown): Error {
  const message = `${file} does not say which accounts there are:\n${issues.join('\n')}`;
  return cloudErrors.error('account.invalid-file', message, { cause, facts: { issues } });
}
