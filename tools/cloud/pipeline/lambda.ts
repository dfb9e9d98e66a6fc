import process from 'node:process';
import { DescribeModelPackageCommand, SageMakerClient } from '@aws-sdk/client-sagemaker';
import { ExecutionAlreadyExists, SFNClient, StartExecutionCommand } from '@aws-sdk/client-sfn';
import { cloudErrors } from '../errors.ts';
import { handlePackageEvent } from './handle-event.ts';
import type { EventOutcome, PipelinePorts } from './handle-event.ts';

const sagemaker = new SageMakerClient({});
const stepFunctions = new SFNClient({});

/**
 * Entry point of the Lambda function behind the rule for model packages. An error lets EventBridge try again, and after that
 * puts the event into the dead-letter queue.
 */
export async function handler(event: unknown): Promise<EventOutcome> {
  const outcome = await handlePackageEvent(event, awsPorts(stateMachineArn()));
  // One line of JSON for each event, for the function's log.
  process.stdout.write(`${JSON.stringify({ event: 'pipeline.package-event', ...outcome })}\n`);
  return outcome;
}

function awsPorts(machine: string): PipelinePorts {
  return {
    approvalNow: async (arn) => {
      const found = await sagemaker.send(new DescribeModelPackageCommand({ ModelPackageName: arn }));
      return found.ModelApprovalStatus ?? 'unknown';
    },
    start: async (name, input) => {
      const command = new StartExecutionCommand({ stateMachineArn: machine, name, input: JSON.stringify(input) });
      try {
        await stepFunctions.send(command);
        return true;
      } catch (error) {
        // Names of executions are taken for 90 days, also of those that have ended.
        if (error instanceof ExecutionAlreadyExists) return false;
        throw error;
      }
    },
  };
}

function stateMachineArn(): string {
  const arn = process.env['STATE_MACHINE_ARN'];
  if (arn === undefined || arn === '')
    throw cloudErrors.error('pipeline.configuration', 'STATE_MACHINE_ARN is not set');
  return arn;
}
