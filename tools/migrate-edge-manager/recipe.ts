import { at, NEW_COMPONENT, OLD_COMPONENT, renamed } from './names.ts';

type Group = Readonly<Record<string, unknown>>;

const REQUIREMENT = '>=1.0.0 <2.0.0';

/** A recipe that depends on the old component, or reads its configuration, does so by the new name. */
export function migrateRecipe(recipe: Group) {
  const result = Object.fromEntries(
    Object.entries(renamed(recipe)).map(([key, value]) => [
      key,
      key.toLowerCase() === 'componentdependencies' ? dependencies(value as Group) : value,
    ]),
  );
  return { result, notes: notesOf(recipe) };
}

function dependencies(group: Group): Group {
  return Object.fromEntries(
    Object.entries(group).map(([name, value]) => {
      if (name !== OLD_COMPONENT) return [name, value];
      const rest = Object.entries(value as Group).filter(([key]) => key.toLowerCase() !== 'versionrequirement');
      return [NEW_COMPONENT, { VersionRequirement: REQUIREMENT, ...Object.fromEntries(rest) }];
    }),
  );
}

function notesOf(recipe: Group): readonly string[] {
  const text = JSON.stringify(recipe);
  const name = String(at(recipe, 'ComponentName'));
  const uses = text.includes(OLD_COMPONENT);
  return [
    ...(isPackaged(recipe, name)
      ? [
          `${name} was made by an edge packaging job: its archive holds a model that Neo compiled, which cannot run here. Put one .onnx file and sagemaker_edge_manifest into the archive in its place; the recipe stays, with a new ComponentVersion.`,
        ]
      : []),
    ...(uses
      ? [`Its code may name ${OLD_COMPONENT} too, e.g. in GetConfiguration: look for that in its artifacts.`]
      : []),
    ...(uses || isPackaged(recipe, name) ? ['Give the recipe a new ComponentVersion before you publish it.'] : []),
  ];
}

/** Such a component only unpacks an archive into its work folder, or has a name that the job gave it. */
function isPackaged(recipe: Group, name: string): boolean {
  if (/^sagemaker_?edge/i.test(name)) return true;
  const manifests = (at(recipe, 'Manifests') ?? []) as readonly unknown[];
  return manifests.some((manifest) => {
    const lifecycle = at(manifest, 'Lifecycle');
    const archive = JSON.stringify(at(manifest, 'Artifacts') ?? '').includes('.tar.gz');
    return (
      archive && /\btar\b/.test(JSON.stringify(at(lifecycle, 'Install') ?? '')) && at(lifecycle, 'Run') === undefined
    );
  });
}
