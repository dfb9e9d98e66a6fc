import semver from 'semver';
import { coreErrors } from '../errors.ts';
import type { Requirement } from '../errors.ts';

/** One version of a component that could be deployed. */
export interface Candidate {
  readonly version: string;
  /** npm range by component. */
  readonly dependencies: Readonly<Record<string, string>>;
}

export interface ResolveRequest {
  /** Root components: requirement by component, by group. */
  readonly groups: Readonly<Record<string, Readonly<Record<string, string>>>>;
  readonly candidates: ReadonlyMap<string, readonly Candidate[]>;
  /** Versions that run now: kept if they satisfy every requirement. */
  readonly active: ReadonlyMap<string, string>;
}

/**
 * The version of every component that the roots need, as the nucleus resolves a local deployment: the running version where
 * it satisfies all requirements, else the highest that does. Greedy, without backtracking: what it finds satisfies every
 * requirement, but it may miss a set that a search would find, just as the nucleus may.
 *
 * @throws deployment.no-version, deployment.circular-dependency
 */
export function resolveVersions(request: ResolveRequest): ReadonlyMap<string, Candidate> {
  const roots = [...new Set(Object.values(request.groups).flatMap((group) => Object.keys(group)))];
  let chosen = new Map<string, Candidate>();
  const queue = [...roots];
  for (let steps = 0; queue.length > 0; steps++) {
    const name = queue.shift() ?? '';
    const requirements = requirementsOn(name, request.groups, chosen);
    if (requirements.length === 0) continue; // whoever needed it was replaced meanwhile
    const candidate = pick(name, requirements, request, steps > STEP_LIMIT);
    if (candidate === chosen.get(name)) continue;
    chosen.set(name, candidate);
    chosen = reachable(roots, chosen);
    queue.push(...Object.keys(candidate.dependencies));
  }
  refuseCircles(roots, chosen);
  return chosen;
}

/** Far more than any real set needs; two components whose versions exclude each other in turn would go on forever. */
const STEP_LIMIT = 1_000;

function requirementsOn(
  name: string,
  groups: ResolveRequest['groups'],
  chosen: ReadonlyMap<string, Candidate>,
): readonly Requirement[] {
  const fromGroups = Object.entries(groups).flatMap(([by, roots]) => {
    const range = Object.hasOwn(roots, name) ? roots[name] : undefined;
    return range === undefined ? [] : [{ by, range }];
  });
  const fromComponents = [...chosen].flatMap(([by, { version, dependencies }]) => {
    const range = Object.hasOwn(dependencies, name) ? dependencies[name] : undefined;
    return range === undefined ? [] : [{ by: `${by} ${version}`, range }];
  });
  return [...fromGroups, ...fromComponents];
}

function pick(name: string, requirements: readonly Requirement[], request: ResolveRequest, stuck: boolean): Candidate {
  const candidates = request.candidates.get(name) ?? [];
  const fits = candidates.filter(({ version }) => requirements.every(({ range }) => semver.satisfies(version, range)));
  const active = fits.find(({ version }) => version === request.active.get(name));
  const best = active ?? fits.sort((a, b) => semver.rcompare(a.version, b.version))[0];
  if (best && !stuck) return best;
  const wanted = requirements.map(({ by, range }) => `${by} requires ${range}`).join(', ');
  const there = candidates.map(({ version }) => version).join(', ') || 'none';
  const message = stuck
    ? `the versions of ${name} and its dependencies exclude each other: ${wanted}`
    : `no version of ${name} fits: ${wanted}; available: ${there}`;
  throw coreErrors.error('deployment.no-version', message, { facts: { component: name, requirements } });
}

function reachable(roots: readonly string[], chosen: ReadonlyMap<string, Candidate>): Map<string, Candidate> {
  const kept = new Map<string, Candidate>();
  const visit = (name: string): void => {
    const candidate = chosen.get(name);
    if (!candidate || kept.has(name)) return;
    kept.set(name, candidate);
    Object.keys(candidate.dependencies).forEach(visit);
  };
  roots.forEach(visit);
  return kept;
}

function refuseCircles(roots: readonly string[], chosen: ReadonlyMap<string, Candidate>): void {
  const done = new Set<string>();
  const visit = (name: string, path: readonly string[]): void => {
    const start = path.indexOf(name);
    if (start >= 0) {
      const circle = [...path.slice(start), name].join(' → ');
      throw coreErrors.error(
        'deployment.circular-dependency',
        `components depend on each other in a circle: ${circle}`,
      );
    }
    if (done.has(name)) return;
    for (const dependency of Object.keys(chosen.get(name)?.dependencies ?? {})) visit(dependency, [...path, name]);
    done.add(name);
  };
  for (const root of roots) visit(root, []);
}
