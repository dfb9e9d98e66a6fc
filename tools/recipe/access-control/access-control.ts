import { messageOf } from '#packages/foundation';

import { resourcePattern } from './resource-pattern.ts';
import type { ResourcePattern } from './resource-pattern.ts';
import { accessControlServices, isAccessControlService, qualifiedOperation } from './services.ts';
import type { AccessControlService } from './services.ts';

/** The rights of one component, compiled from its `accessControl`. */
export interface AccessControl {
  allows(service: AccessControlService, operation: string, resource: string): boolean;
  /** Entries that the nucleus would log and skip; recipe lint reports them. */
  readonly problems: readonly AccessControlProblem[];
}

interface AccessControlProblem {
  /** JSON pointer within `accessControl`. */
  readonly pointer: string;
  readonly message: string;
}

interface Grant {
  readonly operation: string;
  readonly pattern: ResourcePattern;
}

/**
 * Compiles `<service>: <policyId>: { policyDescription, operations[], resources[] }`. Never throws: like the nucleus it
 * skips what it cannot read (an unknown service, a policy without operations, a bad resource) and grants the rest.
 * A text is read as JSON. `*` stands for all operations of the service.
 */
export function parseAccessControl(value: unknown): AccessControl {
  const problems: AccessControlProblem[] = [];
  const grants = new Map<AccessControlService, Grant[]>();
  const report = (pointer: string, message: string): void => void problems.push({ pointer, message });
  for (const [service, policies] of entriesOf(readText(value, report), '', report)) {
    const pointer = `/${escapePointer(service)}`;
    if (!isAccessControlService(service)) {
      report(pointer, `"${service}" is not an IPC service; known are ${Object.keys(accessControlServices).join(', ')}`);
      continue;
    }
    grants.set(
      service,
      entriesOf(policies, pointer, report).flatMap(([policyId, policy]) =>
        policyGrants(service, policy, `${pointer}/${escapePointer(policyId)}`, report),
      ),
    );
  }
  return {
    problems,
    allows: (service, operation, resource) =>
      (grants.get(service) ?? []).some(
        (grant) => (grant.operation === '*' || grant.operation === operation) && grant.pattern.matches(resource),
      ),
  };
}

type Report = (pointer: string, message: string) => void;

function policyGrants(service: AccessControlService, policy: unknown, pointer: string, report: Report): Grant[] {
  if (!isRecord(policy)) {
    report(pointer, 'a policy is an object with `operations` and `resources`');
    return [];
  }
  const operations = textsOf(policy['operations'], `${pointer}/operations`, report);
  if (operations.length === 0) {
    report(`${pointer}/operations`, 'operations are missing: the nucleus skips the whole policy');
    return [];
  }
  for (const [at, operation] of operations.entries()) {
    const known = accessControlServices[service].operations.map(qualifiedOperation);
    if (operation !== '*' && !known.includes(operation)) {
      report(
        `${pointer}/operations/${at}`,
        `"${operation}" is not an operation of ${service}; known are ${known.join(', ')}`,
      );
    }
  }
  const patterns = textsOf(policy['resources'], `${pointer}/resources`, report).flatMap((resource, at) => {
    try {
      return [resourcePattern(resource, accessControlServices[service].style)];
    } catch (error) {
      report(`${pointer}/resources/${at}`, messageOf(error));
      return [];
    }
  });
  if (patterns.length === 0) report(`${pointer}/resources`, 'resources are missing: the policy grants nothing');
  return operations.flatMap((operation) => patterns.map((pattern) => ({ operation, pattern })));
}

function readText(value: unknown, report: Report): unknown {
  if (typeof value !== 'string') return value;
  try {
    return JSON.parse(value) as unknown;
  } catch (error) {
    report('', `accessControl is a text but no JSON: ${messageOf(error)}`);
    return {};
  }
}

function entriesOf(value: unknown, pointer: string, report: Report): [string, unknown][] {
  if (value === undefined || value === null) return [];
  if (isRecord(value)) return Object.entries(value);
  report(pointer, 'an object is expected here');
  return [];
}

function textsOf(value: unknown, pointer: string, report: Report): string[] {
  if (value === undefined || value === null) return [];
  if (!Array.isArray(value)) {
    report(pointer, 'a list of texts is expected here');
    return [];
  }
  return value.filter((entry, at): entry is string => {
    if (typeof entry === 'string') return true;
    report(`${pointer}/${at}`, 'a text is expected here');
    return false;
  });
}

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const escapePointer = (key: string): string => key.replaceAll('~', '~0').replaceAll('/', '~1');
