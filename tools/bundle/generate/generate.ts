import { lstat, mkdir, readFile, readlink, rm, symlink, writeFile } from 'node:fs/promises';
import path from 'node:path';
import type { Command } from 'commander';
import { COMPONENT_SCHEMAS } from '../component-schemas.ts';
import { PROJECT } from '../project.ts';
import { commandReference } from './command-reference.ts';
import { configurationReference } from './configuration-reference.ts';
import { errorReference } from './error-reference.ts';
import { jsonSchemas } from './json-schemas.ts';
import { folderTable } from './folder-table.ts';
import { gdkProjects } from './gdk-project.ts';
import type { GeneratedFile } from './generated-file.ts';
import { grpcDescriptors } from './grpc-descriptors.ts';
import { httpReference } from './http-reference.ts';
import { openApiDocuments } from './open-api/open-api-documents.ts';
import { recipeWithConfiguration } from './recipe-configuration.ts';
import { wasmKernels } from './wasm-kernels.ts';

/** Everything that follows from the code: recipe defaults and access control, gdk projects, reference pages, the table of folders. `program`: the command line to describe. */
export async function generatedFiles(program: Command): Promise<readonly GeneratedFile[]> {
  const openApi = await openApiDocuments();
  const recipes = [...COMPONENT_SCHEMAS].map(([component, schema]) => recipeWithConfiguration(component, schema));
  return [
    ...(await Promise.all(recipes)),
    ...(await gdkProjects()),
    await errorReference(),
    await folderTable(),
    await configurationReference(COMPONENT_SCHEMAS),
    ...(await wasmKernels()),
    ...(await grpcDescriptors()),
    ...(await jsonSchemas()),
    ...openApi,
    await httpReference(openApi),
    await commandReference(program),
  ];
}

/** Paths of the generated files that differ from what is on disk. */
export async function outdated(files: readonly GeneratedFile[]): Promise<readonly string[]> {
  const states = await Promise.all(
    files.map(async (file) => ((await current(file)) === file.content ? [] : [file.path])),
  );
  return states.flat();
}

export async function writeGenerated(file: GeneratedFile): Promise<void> {
  const target = path.join(PROJECT, file.path);
  await mkdir(path.dirname(target), { recursive: true });
  if (!file.link) return writeFile(target, file.content);
  await rm(target, { force: true });
  await symlink(file.content, target);
}

async function current(file: GeneratedFile): Promise<string | undefined> {
  const target = path.join(PROJECT, file.path);
  const found = await lstat(target).catch(() => undefined);
  if (!found || found.isSymbolicLink() !== (file.link ?? false)) return undefined;
  return file.link ? readlink(target) : readFile(target, 'utf8');
}
