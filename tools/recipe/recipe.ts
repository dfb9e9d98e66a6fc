/** A recipe after parsing: canonical keys, defaults filled in, lifecycles still as written (variables are resolved at deployment). */
export interface Recipe {
  readonly name: string;
  readonly version: string;
  readonly type: string;
  readonly description?: string;
  readonly publisher?: string;
  readonly defaultConfiguration: PlainObject;
  readonly dependencies: Readonly<Record<string, RecipeDependency>>;
  readonly manifests: readonly Manifest[];
  /** The global lifecycle; empty if the recipe has none. */
  readonly lifecycle: PlainObject;
}

export interface RecipeDependency {
  /** npm range, e.g. `^1.2.0`. */
  readonly versionRequirement: string;
  readonly type: 'HARD' | 'SOFT';
}

export interface Manifest {
  readonly name?: string;
  readonly platform: Readonly<Record<string, string>>;
  readonly lifecycle: PlainObject;
  readonly selections: readonly string[];
  readonly artifacts: readonly Artifact[];
}

export interface Artifact {
  readonly uri: string;
  /** Last segment of the URI: the name under which the file lies in the artifact folder. */
  readonly fileName: string;
  readonly unarchive: 'NONE' | 'ZIP';
  readonly permission: ArtifactPermission;
  /** Base64 of the file's hash. */
  readonly digest?: string;
  /** Default `SHA-256`. */
  readonly algorithm?: string;
}

export interface ArtifactPermission {
  readonly read: PermissionScope;
  readonly execute: PermissionScope;
}

type PermissionScope = 'NONE' | 'OWNER' | 'ALL';

export type PlainObject = Readonly<Record<string, unknown>>;

export function isPlainObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** A value as text: scalars as they are, anything else as JSON. */
export function valueText(value: unknown): string {
  if (typeof value === 'string') return value;
  if (typeof value === 'number' || typeof value === 'boolean' || typeof value === 'bigint') return value.toString();
  return JSON.stringify(value) ?? '';
}
