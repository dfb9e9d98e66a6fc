import { preflightLines } from '../preflight/preflight-lines.ts';
import { approvalToken } from '../promotion/approval.ts';
import type { PromotionState } from '../promotion/promotion-state.ts';
import type { TwinFindings } from './twin-findings.ts';

/** The parts of the state machine's mail: it puts the token of its task at the end of both texts. */
export interface ApprovalMail {
  readonly approve: string;
  readonly reject: string;
  /** For the production build: it approves exactly what this canary tested. */
  readonly token: string;
}

export interface MailSubject {
  readonly state: PromotionState;
  readonly modelName: string;
  readonly modelVersion: string;
  readonly region: string;
  readonly bucket: string;
  /** Folder in the bucket with the report of the twin. */
  readonly folder: string;
  /** The twin's findings: on the real nucleus if there is a pre-production account, else on the local core. Default: it left nothing. */
  readonly twin?: TwinFindings;
  /** Default: production has no other version that the pipeline brought. */
  readonly champion?: Champion;
}

/** The version that serves, and what the twin found of it. */
export interface Champion {
  readonly version: string;
  readonly report: TwinFindings;
}

/**
 * The mail to the approver: what the gate found on the canary group, beside the version before, where the twin's report lies,
 * and one line each to approve and to reject. The lines are free of quotes and braces, so that bash, PowerShell and cmd
 * take them as they are.
 */
export function approvalMail(subject: MailSubject): ApprovalMail {
  const { state, modelName, modelVersion, region, bucket, folder, twin, champion } = subject;
  const [canary] = state.stages;
  const { report } = canary ?? {};
  const waves = state.stages.slice(1).map(({ group }) => group);
  const findings = report?.findings ?? [];
  const head = [
    `${modelName} ${modelVersion} passed its gate on the group ${canary?.group ?? ''}: ${report?.reason ?? ''}.`,
    ...findings.slice(0, MAX_FINDINGS).map(({ thing, verdict, reason = '' }) => `  ${thing}: ${verdict}, ${reason}`),
    ...(canary?.preflight ? preflightLines(canary.preflight).map((text) => `  ${text}`) : []),
    '',
    `${'Canary group'.padEnd(WIDTH)}${'now'.padStart(12)}${'before'.padStart(12)}`,
    ...(report?.comparisons ?? []).map(line),
    '',
    ...(twin ? [...twinRows(twin, champion), ''] : []),
    'The report of the twin, with the golden pictures and what the model finds in them:',
    `  ${consoleLink(region, bucket, `${folder}/report.html`)}`,
    `  aws s3 cp s3://${bucket}/${folder} twin --recursive --region ${region}`,
    '',
    `Approved, it goes to ${waves.join(', then ')}. Rejected, or not answered within three days, the former version is put back.`,
    'Paste one of these lines into a terminal.',
  ].join('\n');
  return { ...answers(head, region), token: approvalToken(state) };
}

export interface ShiftedLabels {
  /** Fact of `packaging.labels-shifted`. */
  readonly reason: string;
  /** Names of the pictures that were drawn. */
  readonly pictures: readonly string[];
}

/** The mail about a model whose labels look shifted: somebody has to look at its pictures before it is packaged. */
export function labelsMail(
  { reason, pictures }: ShiftedLabels,
  {
    modelName,
    modelVersion,
    region,
    golden,
  }: Pick<MailSubject, 'modelName' | 'modelVersion' | 'region'> & { readonly golden: string },
): Pick<ApprovalMail, 'approve' | 'reject'> {
  const text = [
    `${modelName} ${modelVersion} was not packaged yet: its labels look shifted.`,
    reason,
    '',
    `Look at what the model finds in its golden pictures (${pictures.join(', ')}):`,
    `  aws s3 cp ${golden} golden --recursive --region ${region}`,
    '',
    'Approve if each thing bears its right name: the labels are taken as they are, and the canary group comes next. If not, reject,',
    'correct labels.txt or model.json beside the pictures, and approve the package in the registry again. After three days without an answer nothing is published.',
    'Paste one of these lines into a terminal.',
  ].join('\n');
  return answers(text, region);
}

function answers(text: string, region: string): Pick<ApprovalMail, 'approve' | 'reject'> {
  const send = (what: string): string => `aws stepfunctions ${what} --region ${region}`;
  return {
    approve: `${text}\n\nApprove:\n${send('send-task-success')} --task-output true --task-token `,
    reject: `\n\nReject:\n${send('send-task-failure')} --error Rejected --cause approver --task-token `,
  };
}

/** Beside what the twin found of the champion, on the same held-back pictures and in the same way. */
function twinRows(
  { models, memory, machine, nucleus }: TwinFindings,
  champion: Champion | undefined,
): readonly string[] {
  const before = champion?.report;
  const megabytes = (all: TwinFindings['memory'] | undefined): number | undefined =>
    all && Math.round(all.reduce((sum, { peakBytes }) => sum + peakBytes, 0) / 1e6);
  const where = `Twin (${nucleus}, ${machine.os} ${machine.architecture})`;
  const was = champion === undefined ? 'champion' : champion.version;
  const rows = models.flatMap(({ alias, accuracy, latency, golden }) => {
    const other = before?.models.find((one) => one.alias === alias);
    const passed = golden.filter((one) => one.passed).length;
    return [
      { what: `${alias}: golden cases passed`, now: passed, before: other?.golden.filter((one) => one.passed).length },
      ...(accuracy
        ? [
            {
              what: `${alias}: ${accuracy.metric} on ${accuracy.images} held-back pictures`,
              now: accuracy.value,
              before: other?.accuracy?.metric === accuracy.metric ? other.accuracy.value : undefined,
            },
          ]
        : []),
      { what: `${alias}: p95, ms`, now: latency?.p95, before: other?.latency?.p95 },
    ];
  });
  const all = {
    what: 'all components: memory at its peak, MB',
    now: megabytes(memory),
    before: megabytes(before?.memory),
  };
  return [`${where.padEnd(WIDTH)}${'now'.padStart(12)}${was.padStart(12)}`, ...[...rows, all].map(line)];
}

function consoleLink(region: string, bucket: string, key: string): string {
  const host = region.startsWith('cn-') ? 'console.amazonaws.cn' : 'console.aws.amazon.com';
  return `https://${region}.${host}/s3/object/${bucket}?region=${region}&prefix=${key}`;
}

const WIDTH = 58;
const MAX_FINDINGS = 20;

interface Row {
  readonly what: string;
  readonly now?: number | undefined;
  readonly before?: number | undefined;
}

function line({ what, now, before }: Row): string {
  const shown = (value: number | undefined): string => (value === undefined ? '-' : String(value)).padStart(12);
  return `${what.padEnd(WIDTH)}${shown(now)}${shown(before)}`;
}
