import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { parse } from 'yaml';

/** Configurations of components, and of the nucleus, by name. */
export type Configurations = ReadonlyMap<string, Readonly<Record<string, unknown>>>;

/**
 * The configuration below a root: `effectiveConfig.yaml` of the Java nucleus, `configuration.json` of the local core. Empty where
 * neither may be read; nucleus lite keeps its configuration in a database.
 */
export async function readConfigurations(root: string): Promise<Configurations> {
  const folder = path.join(root, 'config');
  const nucleus = await parsedFile(path.join(folder, 'effectiveConfig.yaml'));
  if (nucleus) return ofServices(nucleus['services']);
  const core = await parsedFile(path.join(folder, 'configuration.json'));
  return new Map(Object.entries(core ?? {}).map(([name, tree]) => [name, recordOf(plain(tree))]));
}

async function parsedFile(file: string): Promise<Readonly<Record<string, unknown>> | undefined> {
  try {
    return recordOf(parse(await readFile(file, 'utf8')));
  } catch {
    return undefined;
  }
}

function ofServices(services: unknown): Configurations {
  return new Map(
    Object.entries(recordOf(services)).map(([name, service]) => [name, recordOf(recordOf(service)['configuration'])]),
  );
}

/** The local core stores `{v, t}` for a value and `{c, t}` for what holds others. */
function plain(node: unknown): unknown {
  const { c: children, v: value } = recordOf(node);
  if (children === undefined) return value;
  return Object.fromEntries(Object.entries(recordOf(children)).map(([key, child]) => [key, plain(child)]));
}

function recordOf(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null ? (value as Readonly<Record<string, unknown>>) : {};
}
