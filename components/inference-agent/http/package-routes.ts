import { randomUUID } from 'node:crypto';
import { jsonAnswer, sendJson } from '#packages/http';
import type { GoldenAnswer, GoldenPicture, PackageReport, Route } from '#packages/http';
import { outputOf, PackageFiles } from '#packages/model-package';
import type { GoldenCase } from '#packages/model-package';
import { boundsOf, comparePredictions, parseExpected } from '#packages/vision';
import { agentErrors } from '../errors.ts';
import type { InstanceSpec } from '../instance/model-instance.ts';
import type { InvokeService } from '../invoke/invoke-service.ts';
import type { ModelRegistry } from '../registry/model-registry.ts';

const DEADLINE_MS = 10_000;
const PICTURE_TYPES: Readonly<Record<string, string>> = {
  jpg: 'image/jpeg',
  jpeg: 'image/jpeg',
  png: 'image/png',
  webp: 'image/webp',
  bmp: 'image/bmp',
};

/** Describes the package of a serving model, and gives its golden pictures: the very bytes that were verified. */
export function packageRoutes(
  registry: Pick<ModelRegistry, 'served' | 'aliases'>,
  invoker: Pick<InvokeService, 'begin'>,
): readonly Route[] {
  const specOf = (alias: string): InstanceSpec => {
    const spec = registry.served(alias)?.serving.spec;
    if (spec) return spec;
    throw agentErrors.error('model.not-active', `no model is active as "${alias}"`, {
      facts: { alias, active: registry.aliases() },
    });
  };
  return [
    {
      method: 'GET',
      path: '/v1/models/{alias}/package',
      api: {
        summary: 'Gives what the package of a serving model says of itself.',
        answers: { 200: jsonAnswer('The package.', { type: 'PackageReport' }) },
      },
      handle: async (_request, response, alias: string) =>
        sendJson(response, 200, await packageReport(alias, specOf(alias))),
    },
    {
      method: 'GET',
      path: '/v1/models/{alias}/golden/{index}',
      api: {
        summary: 'Gives a golden picture of a serving model.',
        answers: {
          200: { is: 'The picture.', content: { 'image/jpeg': 'bytes', 'image/png': 'bytes', 'image/webp': 'bytes' } },
        },
      },
      async handle(_request, response, alias: string, index: string) {
        const spec = specOf(alias);
        const { golden, type } = goldenOf(spec, alias, index);
        const bytes = await filesOf(spec).read(golden.input);
        response.writeHead(200, { 'content-type': type, 'content-length': bytes.length });
        response.end(bytes);
      },
    },
    {
      method: 'GET',
      path: '/v1/models/{alias}/golden/{index}/answer',
      api: {
        summary: 'Runs a serving model on one of its golden pictures.',
        answers: { 200: jsonAnswer('The answer, and how it differs from the expected one.', { type: 'GoldenAnswer' }) },
      },
      async handle(_request, response, alias: string, index: string) {
        const spec = specOf(alias);
        const { golden, type } = goldenOf(spec, alias, index);
        const files = filesOf(spec);
        const [picture, expect] = await Promise.all([files.read(golden.input), files.read(golden.expect)]);
        const call = invoker.begin(alias, { deadlineMs: DEADLINE_MS });
        const { result, found } = await call.runWhole(randomUUID(), picture, type);
        const variant = spec.manifest.variants.find(({ file }) => file === result.variant) ?? spec.manifest.variants[0];
        const bounds = boundsOf(outputOf(spec.manifest, variant));
        const expected = parseExpected(expect, golden.expect);
        const differences = comparePredictions(found, expected, golden, bounds);
        sendJson(response, 200, { result: { ...result, predictions: found }, differences } satisfies GoldenAnswer);
      },
    },
  ];
}

async function packageReport(alias: string, spec: InstanceSpec): Promise<PackageReport> {
  const { name, version, description, task, variants, golden } = spec.manifest;
  const files = filesOf(spec);
  const pictures = await Promise.all(
    golden.map(async (one, index): Promise<readonly GoldenPicture[]> => {
      if (!pictureType(one)) return [];
      const { input, scoreTolerance, iou } = one;
      const bytes = await files.read(one.expect);
      return [{ index, input, expected: parseExpected(bytes, one.expect), scoreTolerance, iou }];
    }),
  );
  return {
    alias,
    name,
    version,
    ...(description === undefined ? {} : { description }),
    task,
    labels: spec.labels,
    variants: variants.map(({ file, precision }) => ({ file, precision })),
    golden: pictures.flat(),
  };
}

function goldenOf(spec: InstanceSpec, alias: string, index: string) {
  const golden = /^\d{1,3}$/.test(index) ? spec.manifest.golden[Number(index)] : undefined;
  const type = golden && pictureType(golden);
  if (golden && type) return { golden, type };
  const message = `the package of "${alias}" does not have a golden picture ${index}`;
  throw agentErrors.error('http.no-route', message, { facts: { path: index } });
}

function filesOf({ packageDir, hashes }: InstanceSpec): PackageFiles {
  return new PackageFiles(packageDir, hashes);
}

function pictureType({ input }: GoldenCase): string | undefined {
  return PICTURE_TYPES[input.slice(input.lastIndexOf('.') + 1).toLowerCase()];
}
