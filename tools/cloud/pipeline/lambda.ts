import process from 'node:process';
import { GetObjectCommand, ListObjectsV2Command, S3Client } from '@aws-sdk/client-s3';
import { DescribeModelPackageCommand, SageMakerClient } from '@aws-sdk/client-sagemaker';
import {
  DescribeExecutionCommand,
  ExecutionAlreadyExists,
  ListExecutionsCommand,
  SFNClient,
  StartExecutionCommand,
  StopExecutionCommand,
} from '@aws-sdk/client-sfn';
import semver from 'semver';
import * as z from 'zod';
import { awsCall, awsFind } from '../aws-call.ts';
import { cloudErrors } from '../errors.ts';
import { allPages, collect } from '../pages.ts';
import { stateStore } from '../promotion/promotion-state.ts';
import { approvalMail, labelsMail } from './approval-mail.ts';
import type { ApprovalMail, Champion, ShiftedLabels } from './approval-mail.ts';
import { alarmSchema, handleAlarm } from './handle-alarm.ts';
import type { AlarmOutcome, AlarmPorts } from './handle-alarm.ts';
import { handlePackageEvent } from './handle-event.ts';
import { twinFindingsSchema } from './twin-findings.ts';
import type { TwinFindings } from './twin-findings.ts';
import type { EventOutcome, PipelinePorts, RunInput } from './handle-event.ts';

const sagemaker = new SageMakerClient({});
const stepFunctions = new SFNClient({});
const s3 = new S3Client({});

/** Less than the function's own time-out, so that its log says what it waited for. */
const TIMEOUT_MS = 25_000;

const runSchema = z.object({ modelName: z.string(), modelVersion: z.string(), run: z.string() });
type Run = z.output<typeof runSchema>;
/** The event that the state machine sends before it asks the approver. */
const summarizeSchema = z.object({ summarize: runSchema });
/** The event that it sends when a model could not be packaged: is there something that a person can decide? */
const reviewSchema = z.object({ review: runSchema });

type Review = { readonly isShifted: false } | ({ readonly isShifted: true } & Pick<ApprovalMail, 'approve' | 'reject'>);

/**
 * Entry point of the Lambda function: for the rule behind the model registry, and for the state machine, which wants the mails to the
 * approver. An error lets EventBridge try again, and after that puts the event into the dead-letter queue.
 */
export async function handler(event: unknown): Promise<EventOutcome | AlarmOutcome | ApprovalMail | Review> {
  const asked = summarizeSchema.safeParse(event);
  if (asked.success) return mailOf(asked.data.summarize);
  const failed = reviewSchema.safeParse(event);
  if (failed.success) return reviewOf(failed.data.review);
  const ports = awsPorts(required('STATE_MACHINE_ARN'));
  const alarm = alarmSchema.safeParse(event);
  const outcome = alarm.success ? await handleAlarm(alarm.data, ports) : await handlePackageEvent(event, ports);
  // One line of JSON for each event, for the function's log.
  process.stdout.write(
    `${JSON.stringify({ event: alarm.success ? 'pipeline.alarm' : 'pipeline.package-event', ...outcome })}\n`,
  );
  return outcome;
}

async function mailOf({ modelName, modelVersion, run }: Run) {
  const bucket = required('FLEET_BUCKET');
  const { place, state } = await promotionOf(modelName, modelVersion);
  if (!state) throw cloudErrors.error('promote.state', `${place} does not hold a promotion`);
  const region = required('AWS_REGION');
  const twin = await reportAt(bucket, `promotions/${run}/twin/report.json`);
  const champion = await championOf(bucket, modelName, modelVersion);
  const found = { ...(twin ? { twin } : {}), ...(champion ? { champion } : {}) };
  return approvalMail({ state, modelName, modelVersion, region, bucket, folder: `promotions/${run}/twin`, ...found });
}

async function promotionOf(modelName: string, modelVersion: string) {
  const place = `s3://${required('FLEET_BUCKET')}/promotions/${modelName}-${modelVersion}.json`;
  return { place, state: await stateStore({ s3 }, place, AbortSignal.timeout(TIMEOUT_MS)).load() };
}

/** The report of the newest other version that production has: a build wrote it when the last wave had it. */
async function championOf(Bucket: string, modelName: string, modelVersion: string): Promise<Champion | undefined> {
  const Prefix = `champions/${modelName}/`;
  const listed = allPages(async (ContinuationToken) => {
    const command = new ListObjectsV2Command({ Bucket, Prefix, ContinuationToken });
    const answer = await awsCall(`ListObjectsV2 s3://${Bucket}/${Prefix}`, s3.send(command, { abortSignal: signal() }));
    return { items: answer.Contents, nextToken: answer.NextContinuationToken };
  });
  const versions = (await collect(listed))
    .map(({ Key = '' }) => Key.slice(Prefix.length).replace(/\.json$/, ''))
    .filter((version) => version !== modelVersion && semver.valid(version) !== null);
  const [newest] = semver.rsort(versions);
  const report = newest === undefined ? undefined : await reportAt(Bucket, `${Prefix}${newest}.json`);
  return newest === undefined || !report ? undefined : { version: newest, report };
}

async function reportAt(Bucket: string, Key: string): Promise<TwinFindings | undefined> {
  const command = new GetObjectCommand({ Bucket, Key });
  const found = await awsFind(`GetObject s3://${Bucket}/${Key}`, s3.send(command, { abortSignal: signal() }));
  return found?.Body && twinFindingsSchema.parse(JSON.parse(await found.Body.transformToString()));
}

function signal(): AbortSignal {
  return AbortSignal.timeout(TIMEOUT_MS);
}

/** Whether the build left a note that the labels look shifted, beside the pictures. */
async function reviewOf({ modelName, modelVersion, run }: Run): Promise<Review> {
  const [Bucket, folder] = [required('FLEET_BUCKET'), `promotions/${run}/golden`];
  const command = new GetObjectCommand({ Bucket, Key: `${folder}/labels-shifted.json` });
  const options = { abortSignal: AbortSignal.timeout(TIMEOUT_MS) };
  const found = await awsFind(`GetObject s3://${Bucket}/${folder}/labels-shifted.json`, s3.send(command, options));
  if (!found?.Body) return { isShifted: false };
  const shifted = JSON.parse(await found.Body.transformToString()) as ShiftedLabels;
  const subject = { modelName, modelVersion, region: required('AWS_REGION'), golden: `s3://${Bucket}/${folder}` };
  return { isShifted: true, ...labelsMail(shifted, subject) };
}

function awsPorts(stateMachineArn: string): PipelinePorts & AlarmPorts {
  const listOf = async (statusFilter: 'RUNNING' | 'SUCCEEDED') => {
    const listed = allPages(async (nextToken) => {
      const command = new ListExecutionsCommand({ stateMachineArn, statusFilter, nextToken });
      const answer = await stepFunctions.send(command);
      return { items: answer.executions, nextToken: answer.nextToken };
    });
    return collect(listed);
  };
  const executionArn = (name: string): string => `${stateMachineArn.replace(':stateMachine:', ':execution:')}:${name}`;
  return {
    watched: async (now) => {
      const since = now - Number(required('WATCH_HOURS')) * 3_600_000;
      const [running, ended] = await Promise.all([listOf('RUNNING'), listOf('SUCCEEDED')]);
      const late = ended.filter(({ stopDate }) => (stopDate?.getTime() ?? 0) >= since);
      return [
        ...running.map(({ name = '' }) => ({ name, isRunning: true })),
        ...late.map(({ name = '' }) => ({ name, isRunning: false })),
      ];
    },
    inputOf: async (name) => {
      const found = await stepFunctions.send(new DescribeExecutionCommand({ executionArn: executionArn(name) }));
      return JSON.parse(found.input ?? '{}') as RunInput;
    },
    isOut: async ({ modelName, modelVersion }) => {
      const { state } = await promotionOf(modelName, modelVersion);
      return (state?.stages ?? []).some((one) => one.deploymentId !== undefined && one.status !== 'rolled-back');
    },
    packageNow: async (arn) => {
      const found = await sagemaker.send(new DescribeModelPackageCommand({ ModelPackageName: arn }));
      const changed = found.LastModifiedTime ?? found.CreationTime;
      return { approval: found.ModelApprovalStatus ?? 'unknown', changedAt: changed?.getTime() ?? 0 };
    },
    running: async () => (await listOf('RUNNING')).map(({ name = '' }) => name),
    start: async (name, input) => {
      const command = new StartExecutionCommand({ stateMachineArn, name, input: JSON.stringify(input) });
      try {
        await stepFunctions.send(command);
        return true;
      } catch (error) {
        // Names of executions are taken for 90 days, also of those that have ended.
        if (error instanceof ExecutionAlreadyExists) return false;
        throw error;
      }
    },
    stop: async (name, cause) => {
      const command = { executionArn: executionArn(name), error: 'Withdrawn', cause };
      await stepFunctions.send(new StopExecutionCommand(command));
    },
  };
}

function required(name: string): string {
  const value = process.env[name];
  if (value === undefined || value === '') throw cloudErrors.error('pipeline.configuration', `${name} is not set`);
  return value;
}
