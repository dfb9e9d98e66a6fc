import process from 'node:process';
import { GetObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { DescribeModelPackageCommand, SageMakerClient } from '@aws-sdk/client-sagemaker';
import {
  ExecutionAlreadyExists,
  ListExecutionsCommand,
  SFNClient,
  StartExecutionCommand,
  StopExecutionCommand,
} from '@aws-sdk/client-sfn';
import * as z from 'zod';
import { awsFind } from '../aws-call.ts';
import { cloudErrors } from '../errors.ts';
import { allPages, collect } from '../pages.ts';
import { stateStore } from '../promotion/promotion-state.ts';
import { approvalMail, labelsMail } from './approval-mail.ts';
import type { ApprovalMail, ShiftedLabels } from './approval-mail.ts';
import { handlePackageEvent } from './handle-event.ts';
import type { EventOutcome, PipelinePorts } from './handle-event.ts';

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
export async function handler(event: unknown): Promise<EventOutcome | ApprovalMail | Review> {
  const asked = summarizeSchema.safeParse(event);
  if (asked.success) return mailOf(asked.data.summarize);
  const failed = reviewSchema.safeParse(event);
  if (failed.success) return reviewOf(failed.data.review);
  const outcome = await handlePackageEvent(event, awsPorts(required('STATE_MACHINE_ARN')));
  // One line of JSON for each event, for the function's log.
  process.stdout.write(`${JSON.stringify({ event: 'pipeline.package-event', ...outcome })}\n`);
  return outcome;
}

async function mailOf({ modelName, modelVersion, run }: Run) {
  const promotions = `s3://${required('FLEET_BUCKET')}/promotions`;
  const place = `${promotions}/${modelName}-${modelVersion}.json`;
  const state = await stateStore({ s3 }, place, AbortSignal.timeout(TIMEOUT_MS)).load();
  if (!state) throw cloudErrors.error('promote.state', `${place} does not hold a promotion`);
  const region = required('AWS_REGION');
  return approvalMail({ state, modelName, modelVersion, region, reports: `${promotions}/${run}/twin` });
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

function awsPorts(stateMachineArn: string): PipelinePorts {
  return {
    packageNow: async (arn) => {
      const found = await sagemaker.send(new DescribeModelPackageCommand({ ModelPackageName: arn }));
      const changed = found.LastModifiedTime ?? found.CreationTime;
      return { approval: found.ModelApprovalStatus ?? 'unknown', changedAt: changed?.getTime() ?? 0 };
    },
    running: async () => {
      const listed = allPages(async (nextToken) => {
        const command = new ListExecutionsCommand({ stateMachineArn, statusFilter: 'RUNNING', nextToken });
        const answer = await stepFunctions.send(command);
        return { items: answer.executions, nextToken: answer.nextToken };
      });
      return (await collect(listed)).map(({ name = '' }) => name);
    },
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
      const executionArn = `${stateMachineArn.replace(':stateMachine:', ':execution:')}:${name}`;
      await stepFunctions.send(new StopExecutionCommand({ executionArn, error: 'Withdrawn', cause }));
    },
  };
}

function required(name: string): string {
  const value = process.env[name];
  if (value === undefined || value === '') throw cloudErrors.error('pipeline.configuration', `${name} is not set`);
  return value;
}
