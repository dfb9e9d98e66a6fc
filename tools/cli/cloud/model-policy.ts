import { isPlainObject } from '../../recipe/recipe.ts';
import type { DeploymentPlan } from '../../cloud/deployments/deploy.ts';
import type { DeploymentChange } from '../../cloud/deployments/merge-deployment.ts';
import type { ComponentSpecification } from '../../cloud/deployments/specification.ts';
import { cliErrors } from '../errors.ts';
import type { Output } from '../frame/output.ts';

const AGENT = 'edgeml.InferenceAgent';
const CHOICES = ['trusted', 'any'] as const;
type Choice = (typeof CHOICES)[number];

/** Settings of each choice: unsigned and untested models are refused, or taken with a warning. */
const POLICIES: Readonly<Record<Choice, Policies>> = {
  trusted: { SignaturePolicy: 'require', GoldenPolicy: 'require' },
  any: { SignaturePolicy: 'warn', GoldenPolicy: 'warn' },
};

interface Policies {
  readonly SignaturePolicy?: unknown;
  readonly GoldenPolicy?: unknown;
}

/**
 * A deployment of the agent says which models it takes. If neither the change nor the deployment before says so, `--models` does, or
 * whoever sits at the terminal; the answer becomes part of the deployment, so that nobody is asked again.
 *
 * @returns the change with the answer; the same if it says so already, or has no agent
 * @throws EdgeError `cli.models-undecided` without a terminal, and with --json
 */
export async function decideModels(
  change: DeploymentChange,
  { create, current }: DeploymentPlan,
  { models }: { readonly models?: string },
  out: Output,
): Promise<DeploymentChange> {
  const wanted = (create?.input.components as Components | undefined) ?? current?.components;
  const agent = wanted?.[AGENT];
  if (!agent) return change;
  const given = choiceOf(models);
  const said = policiesIn(agent);
  if (given === undefined && said.SignaturePolicy !== undefined && said.GoldenPolicy !== undefined) return change;
  const before = policiesIn(current?.components[AGENT]);
  const isKnown = given === undefined && before.SignaturePolicy !== undefined && before.GoldenPolicy !== undefined;
  const answer = isKnown ? before : POLICIES[given ?? (await ask(out))];
  const own = change.components[AGENT];
  // Settings of the change itself outrank an answer, not a flag.
  const merge = given === undefined ? { ...mergeOf(own), ...answer, ...said } : { ...mergeOf(own), ...answer };
  if (merge['SignaturePolicy'] === 'require' && !hasKeys({ ...mergeOf(agent), ...merge }))
    out.note('No key is in TrustedKeys, and TrustedKeysFolder is not set: devices will refuse every model.');
  const { reset } = own?.configurationUpdate ?? {};
  const update = { merge: JSON.stringify(merge), ...(reset ? { reset } : {}) };
  const component = { ...(own ?? agent), componentVersion: agent.componentVersion, configurationUpdate: update };
  return { ...change, components: { ...change.components, [AGENT]: component } };
}

type Components = Readonly<Record<string, ComponentSpecification>>;

function choiceOf(text: string | undefined): Choice | undefined {
  const choice = CHOICES.find((one) => one === text);
  if (choice !== undefined || text === undefined) return choice;
  throw cliErrors.error('cli.usage', `--models is "${text}"; give trusted or any`);
}

async function ask(out: Output): Promise<Choice> {
  const answer = await out.ask(
    'Which models may the devices run? [trusted] signed by one of TrustedKeys and tested on the device, or [any] with a warning: ',
  );
  const choice = CHOICES.find(
    (one) => answer !== undefined && answer !== '' && one.startsWith(answer.trim().toLowerCase()),
  );
  if (choice !== undefined) return choice;
  const message =
    answer === undefined
      ? `nothing says which models ${AGENT} takes: give --models trusted or --models any`
      : `"${answer}" is neither trusted nor any; nothing was deployed`;
  throw cliErrors.error('cli.models-undecided', message);
}

function policiesIn(component: ComponentSpecification | undefined): Policies {
  const { SignaturePolicy, GoldenPolicy } = mergeOf(component);
  return {
    ...(SignaturePolicy === undefined ? {} : { SignaturePolicy }),
    ...(GoldenPolicy === undefined ? {} : { GoldenPolicy }),
  };
}

function mergeOf(component: ComponentSpecification | undefined): Readonly<Record<string, unknown>> {
  const value: unknown = JSON.parse(component?.configurationUpdate?.merge ?? '{}');
  return isPlainObject(value) ? value : {};
}

function hasKeys({ TrustedKeys, TrustedKeysFolder }: Readonly<Record<string, unknown>>): boolean {
  const isNamed = isPlainObject(TrustedKeys) ? Object.keys(TrustedKeys).length > 0 : TrustedKeys !== undefined;
  return isNamed || (TrustedKeysFolder !== undefined && TrustedKeysFolder !== '');
}
