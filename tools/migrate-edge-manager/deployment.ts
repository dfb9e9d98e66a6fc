import { NEW_COMPONENT, OLD_COMPONENT, renamed } from './names.ts';

type Group = Readonly<Record<string, unknown>>;

/** Groups of a document whose keys are names of components: documents of the cloud, and of local deployments. */
const BY_COMPONENT = ['components', 'rootComponentVersionsToAdd', 'componentToConfiguration', 'componentToRunWithInfo'];

/** The component under its new name and version; what was configured stays. */
export function migrateDeployment(document: Group, version: string) {
  const result = Object.fromEntries(
    Object.entries(renamed(document)).map(([key, value]) => [
      key,
      BY_COMPONENT.includes(key) ? withNewName(value as Group, version) : value,
    ]),
  );
  const components = { ...(document['components'] as Group), ...(document['rootComponentVersionsToAdd'] as Group) };
  return { result, notes: notesOf(Object.keys(components)) };
}

function withNewName(group: Group, version: string): Group {
  return Object.fromEntries(
    Object.entries(group).map(([name, value]) =>
      name === OLD_COMPONENT ? [NEW_COMPONENT, withVersion(value, version)] : [name, value],
    ),
  );
}

function withVersion(value: unknown, version: string): unknown {
  if (typeof value === 'string') return version;
  const group = value as Group;
  return 'componentVersion' in group ? { ...group, componentVersion: version } : group;
}

function notesOf(names: readonly string[]): readonly string[] {
  const old = names.includes(OLD_COMPONENT);
  const packaged = names.filter((name) => /^sagemaker_?edge/i.test(name));
  return [
    ...(old ? [] : [`The document does not name ${OLD_COMPONENT}; nothing had to be changed about that.`]),
    ...packaged.map(
      (name) =>
        `${name} looks like a component of an edge packaging job: its model was compiled by Neo and cannot run here. Export the model to ONNX and publish a new version of the component, or use edgeml package.`,
    ),
    ...(old
      ? [`Programs that ask for the configuration of ${OLD_COMPONENT} by IPC ask for ${NEW_COMPONENT} from now on.`]
      : []),
  ];
}
