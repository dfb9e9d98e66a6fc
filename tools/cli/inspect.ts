import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { messageOf } from '#packages/foundation';
import { PackageFiles } from '#packages/model-package';
import type { ProviderInspection, ProviderShares } from '#packages/vision';
import { compiledFormat } from '../onnx/compiled-format.ts';
import type { OnnxModel, OnnxValue } from '../onnx/read-onnx.ts';
import { cliErrors } from './errors.ts';
import type { CommandSpec } from './frame/command.ts';
import type { Output } from './frame/output.ts';
import { providersOf } from './frame/providers-of.ts';

interface InspectOptions {
  readonly onnx: string;
  readonly provider?: string;
}

export const inspectCommand: CommandSpec<InspectOptions> = {
  usage: 'inspect',
  summary: 'show inputs and outputs of an ONNX file, and propose a model.json for it',
  options: (command) =>
    command
      .requiredOption('--onnx <file>', 'the ONNX file')
      .option(
        '--provider <list>',
        'also load it on these execution providers, each alone, and say how many of its nodes stay on the CPU and how long they take',
      ),
  help: `
The proposal uses metadata that the exporter wrote into the file (task, size, class names) first, then names, shapes and operators.
"ask" marks a key that the file does not tell: the proposal holds the usual value, and \`edgeml package\` needs yours (--manifest).
"check" marks a guess to verify. docs/models.md shows a complete model.json for each family.`,
  run: async ({ options, out }) => {
    const { schemaFrom } = await import('../bundle/schema-files.ts');
    const { proposeManifest } = await import('../onnx/propose-manifest.ts');
    const { readOnnx } = await import('../onnx/read-onnx.ts');
    const bytes = await readModel(options.onnx);
    requireOnnx(bytes, options.onnx);
    const model = readOnnx(bytes, options.onnx);
    const proposal = proposeManifest(model, options.onnx);
    const execution = options.provider === undefined ? undefined : await inspectOn(options.provider, options.onnx);
    const { notes, questions, labels } = proposal;
    const manifest = { $schema: schemaFrom(path.dirname(path.resolve(options.onnx)), 'model'), ...proposal.manifest };
    if (out.isJson) {
      return out.json({
        ...summaryOf(model, bytes.length),
        proposed: manifest,
        notes,
        questions,
        ...(labels ? { labels } : {}),
        ...(execution ? { execution } : {}),
      });
    }
    showModel(model, options.onnx, bytes.length, out);
    execution?.forEach((one) => out.line(`${one.provider.padEnd(9)}  ${executionWords(one)}`));
    out.line();
    out.line(out.paint('bold', 'Proposed model.json'));
    out.line(compactJson(manifest));
    for (const { keys, text } of questions) out.line(`${out.paint('red', 'ask')}   ${keys.join(', ')}: ${text}`);
    for (const note of notes) out.line(`${out.paint('yellow', 'check')} ${note}`);
  },
};

async function inspectOn(list: string, onnx: string): Promise<readonly ProviderInspection[]> {
  const { inspectProvider, modelSource } = await import('#packages/vision');
  const source = modelSource(new PackageFiles(path.dirname(path.resolve(onnx))), path.basename(onnx));
  const inspections: ProviderInspection[] = [];
  // One after the other: two may want the same device.
  for (const provider of providersOf(list)) inspections.push(await inspectProvider(source, provider));
  return inspections;
}

/** `58 nodes, 7.9 ms; cpu 2 nodes, 0.3 ms`, or why not. */
function executionWords(inspection: ProviderInspection): string {
  if ('reason' in inspection) return `does not run it: ${inspection.reason}`;
  const { [inspection.provider]: own, ...others } = inspection.shares;
  if (Object.keys(inspection.shares).length === 0) return 'loads it; not measured, since the model leaves sizes free';
  const words = ({ nodes, runMs }: ProviderShares[string]): string =>
    `${nodes} nodes${runMs === undefined ? '' : `, ${runMs.toFixed(1)} ms`}`;
  const rest = Object.entries(others).map(([name, share]) => `${name} ${words(share)}`);
  return [words(own ?? { nodes: 0 }), ...rest].join('; ');
}

/** A compiled model does not say what it takes in a form that anybody but its maker reads. */
function requireOnnx(bytes: Uint8Array, file: string): void {
  const backend = compiledFormat(bytes);
  if (backend === undefined) return;
  const message =
    `"${file}" is compiled for the backend ${backend}: inspect the .onnx that it was made from, and add this file to its model.json ` +
    `as a variant with "backend": "${backend}" and "target"`;
  throw cliErrors.error('cli.model-unreadable', message);
}

async function readModel(file: string): Promise<Uint8Array> {
  try {
    return await readFile(file);
  } catch (cause) {
    throw cliErrors.error('cli.model-unreadable', `cannot read "${file}": ${messageOf(cause)}`, { cause });
  }
}

function showModel(model: OnnxModel, file: string, bytes: number, out: Output): void {
  const { operators, parameters, externalFiles } = summaryOf(model, bytes);
  out.line(`${out.paint('bold', file)}  ${(bytes / 1e6).toFixed(1)} MB, ${model.producer || 'unknown producer'}`);
  // Some exporters name every domain that they know; only those whose operators are used say something.
  const used = new Set(model.nodes.map(({ domain }) => domain || 'ai.onnx'));
  const named = Object.entries(model.opsets).filter(([domain]) => used.has(domain || 'ai.onnx'));
  const opsets = named.map(([domain, version]) => `${domain || 'ai.onnx'} ${version}`);
  out.line(`IR version ${model.irVersion}, opset ${opsets.join(', ')}`);
  out.line(`${model.nodes.length} nodes, ${(parameters / 1e6).toFixed(2)} million parameters`);
  if (externalFiles.length > 0) out.line(out.paint('yellow', `weights in other files: ${externalFiles.join(', ')}`));
  showValues('inputs', model.inputs, out);
  showValues('outputs', model.outputs, out);
  const words = Object.entries(model.metadata).map(([key, value]) => `${key} ${shortened(value)}`);
  if (words.length > 0) out.line(`metadata   ${words.join(', ')}`);
  const most = Object.entries(operators).slice(0, 12);
  out.line(
    `operators  ${most.map(([op, count]) => `${op} ${count}`).join(', ')}${Object.keys(operators).length > most.length ? ', …' : ''}`,
  );
}

function showValues(title: string, values: readonly OnnxValue[], out: Output): void {
  values.forEach(({ name, type, shape }, index) => {
    out.line(`${(index === 0 ? title : '').padEnd(9)}  ${out.paint('green', name)}  ${type} [${shape.join(', ')}]`);
  });
}

function shortened(value: string): string {
  const line = value.replace(/\s+/g, ' ').trim();
  return line.length > 48 ? `${line.slice(0, 48)}…` : line;
}

function summaryOf(model: OnnxModel, bytes: number) {
  const operators: Record<string, number> = {};
  for (const { op, domain } of model.nodes) {
    const name = domain === '' || domain === 'ai.onnx' ? op : `${domain}.${op}`;
    operators[name] = (operators[name] ?? 0) + 1;
  }
  return {
    bytes,
    irVersion: model.irVersion,
    producer: model.producer,
    opsets: model.opsets,
    inputs: model.inputs,
    outputs: model.outputs,
    nodes: model.nodes.length,
    parameters: model.weights.reduce((sum, { shape }) => sum + shape.reduce((product, side) => product * side, 1), 0),
    externalFiles: [...new Set(model.weights.flatMap(({ externalFile }) => externalFile ?? []))],
    operators: Object.fromEntries(Object.entries(operators).sort(([, a], [, b]) => b - a)),
    metadata: model.metadata,
  };
}

/** Indented, with lists of numbers on one line. */
function compactJson(value: unknown): string {
  return JSON.stringify(value, undefined, 2).replace(/\[[\d\s.,-]+\]/g, (list) =>
    list.replace(/\s+/g, ' ').replace(/\[ | \]/g, (edge) => edge.trim()),
  );
}
