import type { Logger } from '#packages/foundation';

import type { ConfigurationStore } from '../ports.ts';
import { parseAccessControl } from '../../recipe/access-control/access-control.ts';
import type { AccessControl } from '../../recipe/access-control/access-control.ts';
import { qualifiedOperation } from '../../recipe/access-control/services.ts';
import type { AccessControlService } from '../../recipe/access-control/services.ts';

export interface Authorizer {
  /** `undefined` if it is allowed, else the nucleus' text of the denial. */
  denial(request: AccessRequest): string | undefined;
}

interface AccessRequest {
  readonly component: string;
  readonly service: AccessControlService;
  /** Without prefix, e.g. `PublishToTopic`. */
  readonly operation: string;
  readonly resource: string;
}

/** Checks against the `accessControl` that stands in the component's configuration at that moment; default deny. */
export function createAuthorizer(options: {
  readonly configuration: Pick<ConfigurationStore, 'get'>;
  readonly log: Logger;
  /** Applied to each component's policies before they are read, e.g. to fill in `{iot:thingName}`. Default: none. */
  readonly interpolate?: (policies: string) => string;
}): Authorizer {
  const compiled = new Map<string, { readonly source: string; readonly rules: AccessControl }>();

  const rulesOf = (component: string): AccessControl => {
    const written = JSON.stringify(options.configuration.get(component, ['accessControl']) ?? {});
    const source = options.interpolate?.(written) ?? written;
    const known = compiled.get(component);
    if (known?.source === source) return known.rules;
    const rules = parseAccessControl(JSON.parse(source));
    for (const problem of rules.problems) options.log.warn({ component, ...problem }, 'access-control.problem');
    compiled.set(component, { source, rules });
    return rules;
  };

  return {
    denial({ component, service, operation, resource }) {
      const qualified = qualifiedOperation(operation);
      if (rulesOf(component).allows(service, qualified, resource)) return undefined;
      return `Principal ${component} is not authorized to perform ${service}:${qualified} on resource ${resource}`;
    },
  };
}
