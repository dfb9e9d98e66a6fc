import type { RecipeIssue } from '../../recipe/issue.ts';
import type { Recipe } from '../../recipe/recipe.ts';
import { bucketsOf, thingOf } from './device-subject.ts';
import { deviceNeeds } from './device-needs.ts';
import type { Need } from './device-needs.ts';
import { allows } from './policy.ts';
import { readDevicePolicies } from './read-policies.ts';
import type { DevicePolicy } from './read-policies.ts';
import { recipeNeeds } from './recipe-needs.ts';

/**
 * Holds the role and the AWS IoT policies of devices against what the nucleus and the recipes need, without asking AWS: each missing action
 * with what does not work without it.
 *
 * @param files templates and policy documents
 * @param recipes of the components that devices may have
 */
export async function lintAccount(
  files: readonly string[],
  recipes: readonly Recipe[],
): Promise<readonly RecipeIssue[]> {
  const policies = (await Promise.all(files.map(readDevicePolicies))).flat();
  const silent = files.filter((file) => !policies.some((policy) => policy.file === file));
  return [
    ...silent.map((file) => issue(file, 'info', 'policy.none', '', NO_POLICY, NO_POLICY_FIX)),
    ...policies.flatMap((policy) => [...doubts(policy), ...missing(policy, recipes)]),
  ];
}

function missing(policy: DevicePolicy, recipes: readonly Recipe[]): readonly RecipeIssue[] {
  const components = recipes.map(({ name }) => name);
  const { artifactBuckets, sampleBuckets } = bucketsOf(policy.policy, recipes);
  const subject = { thing: thingOf(policy.policy), roleAlias: '*', artifactBuckets, sampleBuckets, components };
  const needed = [...deviceNeeds(subject), ...recipes.flatMap(recipeNeeds)].filter(({ by }) => by === policy.by);
  const refused = needed.filter(({ action, resource }) => !allows(policy.policy, action, resource));
  const distinct = new Map(refused.map((need) => [`${need.action} ${need.why}`, need]));
  return [...distinct.values()].map((need) => missingAction(policy, need));
}

function missingAction({ file, name, by }: DevicePolicy, { action, resource, why, severity }: Need): RecipeIssue {
  const whose = name === '' ? `the ${by === 'role' ? 'role' : 'policy'} of devices` : name;
  const where = severity === 'info' ? '' : `; ${FIX[by]}`;
  const fix = `allow ${action} on ${resource}${where}.`;
  return issue(
    file,
    severity,
    'policy.missing-action',
    pointerOf(name),
    `${whose} does not allow ${action}: ${why}.`,
    fix,
  );
}

const FIX: Readonly<Record<Need['by'], string>> = {
  role: 'DeviceRole of infrastructure/fleet.yaml has all of it',
  certificate: '`edgeml provision` makes a policy with all of it',
};
const NO_POLICY =
  'no role that devices may take (trusting credentials.iot.amazonaws.com) and no AWS IoT policy is in it.';
const NO_POLICY_FIX = 'name the template or the document that holds them.';

/** Things that lint, or the device, does not read as its author may have meant. */
function doubts({ file, name, by, policy, unread }: DevicePolicy): readonly RecipeIssue[] {
  const at = pointerOf(name);
  const variables = by === 'certificate' && JSON.stringify(policy).includes('${iot:Connection.Thing.');
  const conditions = policy.Statement.filter(({ Effect, Condition }) => Effect === 'Allow' && Condition !== undefined);
  return [
    ...(variables
      ? [
          issue(
            file,
            'error',
            'policy.thing-variable',
            at,
            'thing policy variables (${iot:Connection.Thing.…}) are not supported for Greengrass core devices: nothing matches them.',
            'give each device a policy with its name in it, as `edgeml provision` does.',
          ),
        ]
      : []),
    ...conditions.map(({ Sid = '', Condition }) =>
      issue(
        file,
        'info',
        'policy.condition',
        at,
        `the condition of ${Sid || 'a statement'} is not evaluated and counts as met: ${JSON.stringify(Condition)}.`,
        'see for yourself that devices meet it.',
      ),
    ),
    ...unread.map((text) =>
      issue(
        file,
        'warning',
        'policy.unread',
        at,
        `this statement is not read: ${text}.`,
        'write it with Action and Resource.',
      ),
    ),
  ];
}

function pointerOf(name: string): string {
  return name === '' ? '/Statement' : `/Resources/${name}`;
}

function issue(
  file: string,
  severity: RecipeIssue['severity'],
  code: string,
  pointer: string,
  message: string,
  fix: string,
): RecipeIssue {
  return { severity, nucleus: 'any', code, file, pointer, message, fix };
}
