import { entry, errorCatalog } from '#packages/foundation';

/** The call to AWS that failed. */
interface AwsFacts {
  readonly action: string;
  readonly awsError: string;
  readonly requestId?: string;
}

/** Errors of publishing, deploying, promoting and provisioning, and of any call to AWS. */
export const cloudErrors = errorCatalog({
  'account.invalid-file': entry<{ readonly issues: readonly string[] }>({
    todo: 'Correct every value that is named; docs/accounts.md shows a whole file.',
  }),
  'account.no-output': { todo: 'Update the stack that is named with the template of this version, then deploy again.' },
  'account.no-source': { todo: 'Run the command in a checkout with git, or give the project as a zip with --source.' },
  'account.stack-failed': entry<{ readonly account: string; readonly stack: string }>({
    todo: 'Correct what AWS CloudFormation names. Delete a stack that could not be made (`aws cloudformation delete-stack`), then deploy again: what is there is left alone.',
  }),
  'account.timeout': entry<{ readonly account: string; readonly stack: string }>({
    todo: 'Look at the events of the stack in the console of AWS CloudFormation, then deploy again: what is there is left alone.',
  }),
  'account.wrong-account': entry<{ readonly account: string; readonly profile: string }>({
    todo: 'Correct id or profile in the file; `aws sts get-caller-identity --profile …` shows which account a profile is for.',
  }),
  'cloud.access-denied': entry<AwsFacts>({
    todo: 'Allow the named action for your role; infrastructure/pipeline.yaml holds the policies that the commands need.',
  }),
  'cloud.conflict': entry<AwsFacts>({ todo: 'Something of that name exists with other content; choose another name.' }),
  'cloud.failed': entry<AwsFacts>({ todo: 'Run the command again: it continues where it stopped.' }),
  'cloud.invalid-request': entry<AwsFacts>({ todo: 'Correct the value that AWS names.' }),
  'cloud.limit': entry<AwsFacts>({ todo: 'Ask AWS for a higher quota, or remove what is no longer needed.' }),
  'cloud.no-credentials': entry<AwsFacts>({
    todo: 'Sign in (`aws sso login`), set AWS_PROFILE, or give the role of the pipeline; `aws sts get-caller-identity` shows who you are.',
  }),
  'cloud.no-region': entry<AwsFacts>({
    todo: 'Give --region, or set AWS_REGION, or a region in the profile of ~/.aws/config.',
  }),
  'cloud.not-found': entry<AwsFacts>({ todo: 'Check the name, the region and the account.' }),
  'cloud.throttled': entry<AwsFacts>({
    todo: 'AWS still refused the rate of requests after all retries. Run the command again: it continues where it stopped.',
  }),
  'cloud.unreachable': entry<AwsFacts>({
    todo: 'Check the network and the region. Run the command again: it continues where it stopped.',
  }),
  'deploy.failed-devices': entry<{ readonly deploymentId: string; readonly devices: readonly string[] }>({
    todo: 'Read the failing component and the reason of each device above, and its log on the device; `edgeml rollback` returns to the deployment before.',
  }),
  'deploy.invalid': entry<{ readonly issues: readonly string[] }>({
    todo: 'Correct every value that is named; docs/fleet.md shows a whole document.',
  }),
  'deploy.no-deployment': { todo: 'Deploy something to the target first.' },
  'deploy.no-target': { todo: 'Name an existing thing or thing group; `edgeml provision` makes them.' },
  'deploy.nothing-before': {
    todo: 'The target never had another set of components. Deploy the version that you want, or name a deployment with --to.',
  },
  'deploy.timeout': entry<{ readonly deploymentId: string; readonly devices: readonly string[] }>({
    todo: 'A device that is offline takes the deployment when it comes back; `edgeml status` shows it. Give --timeout a higher value to wait longer.',
  }),
  'deploy.unknown-component': entry<{ readonly component: string; readonly version: string }>({
    todo: 'Publish the version first (`edgeml publish`), or correct its name and version.',
  }),
  'deploy.unreadable': { todo: 'Give a JSON or YAML file that this user may read.' },
  'fleet.heartbeat-store': {
    todo: 'Give the place that the heartbeat rule writes to, as s3://bucket/prefix; infrastructure/fleet.yaml makes it.',
  },
  'fleet.index-name': {
    todo: 'The fleet index is asked for names of letters, digits, hyphens and underscores; give --heartbeats for any other.',
  },
  'fleet.index-terms': entry<{ readonly terms: number }>({
    todo: 'Leave out a filter, or a bound of the gate; the plan may name `heartbeats` instead, which have no such limit.',
  }),
  'fleet.no-index': {
    todo: 'Turn the index on (`edgeml fleet-index --enable`), or give the place of the heartbeats.',
  },
  'fleet.ring': { todo: 'Correct the ring that is named; `edgeml fleet rings --help` shows the forms.' },
  'fleet.unknown-device': { todo: 'Check the name; `edgeml fleet` lists the devices.' },
  'pipeline.configuration': {
    todo: 'Set the named variable of the Lambda function; infrastructure/pipeline.yaml does.',
  },
  'pipeline.not-an-event': {
    todo: 'Let the rule pass only SageMaker Model Package State Change events, and pass them whole: infrastructure/pipeline.yaml does.',
  },
  'promote.cannot-hold': entry<{ readonly group: string; readonly devices: readonly string[] }>({
    todo: 'Put the devices into the ring itself (`edgeml rings`), make room on them, or set preflight.unfit of the plan to off, so that they are tried.',
  }),
  'promote.changed': {
    todo: 'Somebody deployed to the canary group after the gate. Start a new promotion, so that what is approved is what was tested.',
  },
  'promote.gate-failed': entry<{ readonly promotion: string; readonly group: string }>({
    todo: 'Read the findings of the devices above; correct the model or the device, raise the version and promote that.',
  }),
  'promote.invalid-plan': entry<{ readonly issues: readonly string[] }>({
    todo: 'Correct every value that is named; docs/fleet.md shows a whole plan.',
  }),
  'promote.needs-heartbeats': entry<{ readonly settings: readonly string[] }>({
    todo: 'Name the place of the heartbeats in the plan (`heartbeats: s3://bucket/prefix`), or leave the named settings out.',
  }),
  'promote.not-approved': {
    todo: 'Read the gate report, then give its token with --approve. The token exists only after the gate has passed.',
  },
  'promote.other-run': {
    todo: 'Let the other run end, or end it with `edgeml promote --abort`; then approve the model package again.',
  },
  'promote.over': { todo: 'This promotion has ended. Start one for a new version, with a new place for its state.' },
  'promote.state': { todo: 'Give the state of this plan with --state, or a new place for a new promotion.' },
  'promote.unfit-devices': entry<{ readonly group: string; readonly devices: readonly string[] }>({
    todo: 'Make room on the devices that are named, or take them out of the ring; with preflight.unfit: hold the promotion does that by itself.',
  }),
  'provision.differs': {
    todo: 'Choose another name with --policy or --role-alias, or make the existing one what is asked for.',
  },
  'provision.files': { todo: 'Check that this user may write to the folder, and that the disk has room.' },
  'provision.name': {
    todo: 'Use 1 to 128 letters, digits, colons, hyphens and underscores; upper and lower case are different devices.',
  },
  'provision.other-device': { todo: 'Give each device its own folder, with --output.' },
  'provision.unknown-certificate': {
    todo: 'Give the folder that provision wrote with --output: the certificate is named there. One that is lost is removed in the console.',
  },
  'publish.bucket': {
    todo: 'Give the name of a bucket in the region of the components: 3 to 63 lower-case letters, digits and hyphens, no dots.',
  },
  'publish.dependency-cycle': { todo: 'Remove one of the named dependencies from its recipe.' },
  'publish.missing-artifact': {
    todo: 'Build the component again: the recipe names a file that is not in artifacts/<Name>/<Version>.',
  },
  'publish.no-build': { todo: 'Run `npm run build` first, or name the build folder with --build.' },
  'publish.not-deployable': entry<{
    readonly arn: string;
    readonly state: string;
    readonly errors: Readonly<Record<string, string>>;
  }>({ todo: 'Correct what Greengrass names, then publish again: the failed version is replaced.' }),
  'publish.recipe': { todo: 'Correct the recipe, then run `npm run edgeml -- lint` and build again.' },
  'publish.timeout': entry<{ readonly arn: string }>({
    todo: 'Run the command again: it keeps waiting. Give --timeout a higher value if Greengrass is slow.',
  }),
  'publish.unknown-component': { todo: 'Name components that are in the build folder.' },
  'publish.version-taken': entry<{ readonly published: string | undefined; readonly built: string }>({
    todo: 'Published versions never change. Raise ComponentVersion in the recipe, build and publish again.',
  }),
});
