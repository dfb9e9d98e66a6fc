import { isPlainObject } from '../../recipe/recipe.ts';
import type { Recipe } from '../../recipe/recipe.ts';
import type { Need } from './device-needs.ts';

/**
 * Permissions in the account that the access control of a recipe needs: the nucleus passes a message on to AWS IoT with the certificate of the device, and
 * aws.greengrass.SecretManager reads secrets with its role. A pattern asks for something that it stands for, not for all of it.
 */
export function recipeNeeds({ name, defaultConfiguration: { accessControl } }: Recipe): readonly Need[] {
  const of = (service: string): readonly AccessPolicy[] => policiesOf(accessControl, service);
  return [
    ...of('aws.greengrass.ipc.mqttproxy').flatMap(({ operations, resources }) =>
      resources.flatMap((topic) => topicNeeds(name, operations, topic)),
    ),
    ...of('aws.greengrass.SecretManager').flatMap(({ resources }) =>
      resources.map((secret): Need => ({
        by: 'role',
        action: 'secretsmanager:GetSecretValue',
        resource: secret,
        why: `once aws.greengrass.SecretManager is deployed, it does not get the secrets of ${name}`,
        severity: 'info',
      })),
    ),
  ];
}

interface AccessPolicy {
  readonly operations: readonly string[];
  readonly resources: readonly string[];
}

function topicNeeds(component: string, operations: readonly string[], pattern: string): readonly Need[] {
  const topic = pattern.replace(/(^|\/)[+#](?=\/|$)/g, '$1*').replace(/\$\{([*?$])\}/g, '$1');
  // Topics of the predecessors, for those who keep them; deviceNeeds has all others of the collection.
  const isOurs = component.startsWith('edgeml.');
  const may = (operation: string): boolean =>
    operations.includes('*') || operations.includes(`aws.greengrass#${operation}`);
  const need = (action: string, kind: string, what: string): Need => ({
    by: 'certificate',
    action: `iot:${action}`,
    resource: `arn:*:iot:*:*:${kind}/${topic}`,
    why: `${component} ${what} ${pattern}${isOurs ? ', if its configuration names that topic' : ''}`,
    severity: isOurs ? 'info' : 'error',
  });
  return [
    ...(may('PublishToIoTCore') ? [need('Publish', 'topic', 'does not reach')] : []),
    ...(may('SubscribeToIoTCore')
      ? [need('Subscribe', 'topicfilter', 'does not hear'), need('Receive', 'topic', 'does not hear')]
      : []),
  ];
}

function policiesOf(accessControl: unknown, service: string): readonly AccessPolicy[] {
  const policies = isPlainObject(accessControl) ? accessControl[service] : undefined;
  return Object.values(isPlainObject(policies) ? policies : {}).flatMap((policy) => {
    if (!isPlainObject(policy)) return [];
    return [{ operations: textsOf(policy['operations']), resources: textsOf(policy['resources']) }];
  });
}

function textsOf(value: unknown): readonly string[] {
  return Array.isArray(value) ? value.filter((one): one is string => typeof one === 'string') : [];
}
