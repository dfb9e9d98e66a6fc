import type { Command } from 'commander';
import { cliErrors } from '../errors.ts';

export interface PolicyOptions {
  readonly onFailure?: string;
  readonly notify?: string;
  readonly notifyTimeout?: string;
  readonly validationTimeout?: string;
  readonly rolloutMax?: string;
  readonly rolloutRate?: string;
  readonly abort?: readonly string[];
  readonly inProgressTimeout?: string;
}

/** How a deployment proceeds: failure and update policies, rollout rate, abort criteria, time-outs. */
export function policyOptions(command: Command): Command {
  return command
    .option('--on-failure <policy>', 'ROLLBACK or DO_NOTHING, on each device (default of Greengrass: ROLLBACK)')
    .option('--notify <action>', 'NOTIFY_COMPONENTS or SKIP_NOTIFY_COMPONENTS before an update')
    .option('--notify-timeout <seconds>', 'how long components may put an update off (default of Greengrass: 60)')
    .option(
      '--validation-timeout <seconds>',
      'how long components may check a configuration (default of Greengrass: 30)',
    )
    .option('--rollout-max <n>', 'devices notified per minute at most, 1 to 1000')
    .option(
      '--rollout-rate <base:factor:after>',
      'increasing rate: 10:2:50 starts with 10 a minute and doubles after each 50 successes',
    )
    .option(
      '--abort <type:percent:min...>',
      'cancel if too many devices fail: FAILED:20:10 is 20 % of at least 10 devices; FAILED, REJECTED, TIMED_OUT, ALL',
    )
    .option('--in-progress-timeout <minutes>', 'a device that takes longer counts as TIMED_OUT, 1 to 10080');
}

/** The same in the form of the API, still to be checked; absent parts stay absent. */
export function policiesOf(options: PolicyOptions): Record<string, unknown> {
  const updatePolicy = present({
    action: options.notify,
    timeoutInSeconds: number('--notify-timeout', options.notifyTimeout),
  });
  const deploymentPolicies = present({
    failureHandlingPolicy: options.onFailure,
    componentUpdatePolicy: updatePolicy,
    configurationValidationPolicy: present({
      timeoutInSeconds: number('--validation-timeout', options.validationTimeout),
    }),
  });
  const iotJobConfiguration = present({
    jobExecutionsRolloutConfig: present({
      maximumPerMinute: number('--rollout-max', options.rolloutMax),
      exponentialRate: rate(options.rolloutRate),
    }),
    abortConfig: options.abort && { criteriaList: options.abort.map(criterion) },
    timeoutConfig: present({ inProgressTimeoutInMinutes: number('--in-progress-timeout', options.inProgressTimeout) }),
  });
  return present({ deploymentPolicies, iotJobConfiguration }) ?? {};
}

function rate(text: string | undefined) {
  if (text === undefined) return undefined;
  const [baseRatePerMinute, incrementFactor, numberOfSucceededThings] = numbers('--rollout-rate', text.split(':'), 3);
  return { baseRatePerMinute, incrementFactor, rateIncreaseCriteria: { numberOfSucceededThings } };
}

function criterion(text: string) {
  const [failureType, ...rest] = text.split(':');
  const [thresholdPercentage, minNumberOfExecutedThings] = numbers('--abort', rest, 2);
  return { failureType, action: 'CANCEL', thresholdPercentage, minNumberOfExecutedThings };
}

function numbers(name: string, texts: readonly string[], count: number): readonly (number | undefined)[] {
  if (texts.length !== count) throw cliErrors.error('cli.usage', `${name} takes its values with colons between them`);
  return texts.map((text) => number(name, text));
}

function number(name: string, text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const value = Number(text);
  if (text.trim() === '' || !Number.isFinite(value))
    throw cliErrors.error('cli.usage', `${name}: "${text}" is not a number`);
  return value;
}

function present(values: Record<string, unknown>): Record<string, unknown> | undefined {
  const entries = Object.entries(values).filter(([, value]) => value !== undefined);
  return entries.length === 0 ? undefined : Object.fromEntries(entries);
}
