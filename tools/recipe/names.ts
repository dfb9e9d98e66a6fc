import semver from 'semver';

/** Longest name, version and largest version number that the cloud and the nucleus take (component recipe reference). */
const NAME_LENGTH = 128;
const VERSION_LENGTH = 64;
const LARGEST_NUMBER = 999_999;

/** The fault of a component name; undefined if it is valid. */
export function nameProblem(name: string): string | undefined {
  if (name === '') return 'is empty';
  if (name.length > NAME_LENGTH) return `is ${name.length} characters long, ${NAME_LENGTH} are allowed`;
  if (!/^[a-zA-Z0-9-_.]+$/.test(name))
    return `"${name}" holds a character other than letters, digits, "-", "_" and "."`;
  return undefined;
}

/** The fault of a component version; undefined if it is valid. */
export function versionProblem(version: string): string | undefined {
  const parsed = semver.parse(version);
  if (!parsed || parsed.raw !== version || version.startsWith('v')) {
    return `"${version}" is not a semantic version of three numbers`;
  }
  if (version.length > VERSION_LENGTH) return `is ${version.length} characters long, ${VERSION_LENGTH} are allowed`;
  if (Math.max(parsed.major, parsed.minor, parsed.patch) > LARGEST_NUMBER) {
    return `"${version}" has a number of more than six digits`;
  }
  return undefined;
}

/** The fault of a version requirement (npm range); undefined if it is valid. */
export function requirementProblem(requirement: string): string | undefined {
  if (requirement.trim() === '') return 'is empty';
  return semver.validRange(requirement) === null ? `"${requirement}" is not a version range` : undefined;
}
