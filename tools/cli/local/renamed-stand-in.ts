import { cp, mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { parseDocument, visit } from 'yaml';
import { messageOf } from '#packages/foundation';
import { readRecipe } from '../../bundle/recipe-source.ts';
import { cliErrors } from '../errors.ts';

const STAND_IN = 'edgeml.EdgeManager';
/** Of components (Greengrass v2, component recipe reference). */
const NAME = /^[A-Za-z0-9][A-Za-z0-9._-]{0,127}$/;
const VERSION = /^\d{1,6}\.\d{1,6}\.\d{1,6}(-[0-9A-Za-z.-]+)?$/;

/**
 * The component that stands in for Edge Manager once more in a build, under the name and the versions that deployments, recipes and
 * programs have of the old one. The build removes leftovers of an earlier one under that name.
 *
 * @param build folder with recipes/ and artifacts/
 * @param versions none: that of edgeml.EdgeManager
 * @returns the versions that were written
 * @throws EdgeError `cli.usage`
 */
export async function writeRenamedStandIn(
  build: string,
  name: string,
  versions: readonly string[],
): Promise<readonly string[]> {
  const { version: own } = await readRecipe(STAND_IN);
  const wanted = versions.length === 0 ? [own] : [...new Set(versions)];
  checkNames(name, wanted);
  const [recipes, artifacts] = [path.join(build, 'recipes'), path.join(build, 'artifacts')];
  const text = await readFile(path.join(recipes, `${STAND_IN}-${own}.yaml`), 'utf8').catch((cause: unknown) => {
    const message = `${STAND_IN} is not in ${build} (${messageOf(cause)}); leave --component out, or name it there, too`;
    throw cliErrors.error('cli.usage', message, { cause });
  });
  await removeOld(recipes, path.join(artifacts, name), name);
  await mkdir(path.join(artifacts, name), { recursive: true });
  for (const version of wanted) {
    await writeFile(path.join(recipes, `${name}-${version}.yaml`), renamed(text, name, version));
    await cp(path.join(artifacts, STAND_IN, own), path.join(artifacts, name, version), { recursive: true });
  }
  return wanted;
}

function checkNames(name: string, versions: readonly string[]): void {
  if (!NAME.test(name) || name.startsWith('edgeml.')) {
    const rule = 'letters, digits, ".", "_" and "-", 128 at most, and not one that begins with edgeml.';
    throw cliErrors.error('cli.usage', `--edge-manager-name "${name}" is not a name for it: ${rule}`);
  }
  const wrong = versions.find((version) => !VERSION.test(version));
  if (wrong !== undefined)
    throw cliErrors.error('cli.usage', `--edge-manager-version "${wrong}" is not a version; give one such as 1.1.0`);
}

async function removeOld(recipes: string, artifacts: string, name: string): Promise<void> {
  const old = (await readdir(recipes)).filter(
    (file) => file.startsWith(`${name}-`) && /^\d.*\.yaml$/.test(file.slice(name.length + 1)),
  );
  await Promise.all(old.map((file) => rm(path.join(recipes, file))));
  await rm(artifacts, { recursive: true, force: true });
}

/** The scripts of the recipe tell the agent the name, too, so that it looks for settings there. */
function renamed(text: string, name: string, version: string): string {
  const document = parseDocument(text);
  visit(document, {
    Scalar: (_, scalar) => {
      if (typeof scalar.value === 'string') scalar.value = scalar.value.replaceAll(STAND_IN, name);
    },
  });
  document.set('ComponentVersion', version);
  return document.toString({ lineWidth: 0, flowCollectionPadding: false });
}
