import * as z from 'zod';
import type { DeepReadonly } from '#packages/foundation';

/** Names of models, which their components carry too: as packaging takes them. */
const modelName = z
  .string()
  .regex(/^[a-zA-Z0-9](-*[a-zA-Z0-9]){0,62}$/, 'expected letters and digits, with "-" between them, 63 at most');

/** Names of sources and services, as the application takes them. */
const name = z
  .string()
  .regex(
    /^[A-Za-z0-9](?:[-_.]*[A-Za-z0-9]){0,127}$/,
    'expected letters and digits, with "-", "_" or "." between them, 128 at most',
  );

const settings = z.record(z.string(), z.unknown());

const modelSchema = z.object({
  source: z
    .string()
    .min(1)
    .describe(
      'The model: an .onnx file, a folder, a .zip or .tar.gz, an https:// address, s3://bucket/key, or an ARN of SageMaker. Relative paths begin at the folder of this file.',
    ),
  sha256: z
    .string()
    .regex(/^[0-9a-fA-F]{64}$/, 'expected a SHA-256: 64 hexadecimal digits')
    .optional()
    .describe('SHA-256 of the file at `source`; an https:// address needs it.'),
  version: z
    .string()
    .optional()
    .describe('Version of the model and of its component, e.g. 1.2.0. Default: of its model.json, else 1.0.0.'),
  labels: z.string().min(1).optional().describe('File with one label a line, in the order of the classes.'),
  golden: z
    .array(z.string().min(1))
    .optional()
    .describe('Images whose present answers a device must give before the model serves.'),
  int8: z
    .string()
    .min(1)
    .optional()
    .describe('An int8 build of the same model; kept only if it passes the golden images.'),
  manifest: settings.optional().describe('Keys of model.json that replace the proposed ones (docs/models.md).'),
});

/** Form of edgeml.yaml. The settings of sources, services and components are in the components' own schemas. */
export const projectFileSchema = z.object({
  $schema: z.string().optional().describe('Where the schema of this file is, for editors.'),
  models: z.record(modelName, modelSchema).default({}).describe('Models by the name of their service.'),
  sources: z
    .record(name, settings)
    .default({})
    .describe('Where images come from, by name: Sources of edgeml.InferenceApp. Relative paths begin at this file.'),
  services: z
    .record(name, settings)
    .default({})
    .describe('How the answers of a model are used: Services of edgeml.InferenceApp.'),
  components: z
    .record(z.string(), settings)
    .default({})
    .describe(
      'Other components of the collection to deploy, and settings of any: {edgeml.InferenceApp: {Annotate: {Enabled: false}}}.',
    ),
});

export type ProjectModel = DeepReadonly<z.output<typeof modelSchema>>;

/** The contents of edgeml.yaml. */
export interface ProjectFile {
  /** Absolute path; relative paths in it begin at its folder. */
  readonly path: string;
  readonly models: Readonly<Record<string, ProjectModel>>;
  readonly sources: Readonly<Record<string, Settings>>;
  readonly services: Readonly<Record<string, Settings>>;
  /** By component, without what `sources` and `services` say. */
  readonly components: Readonly<Record<string, Settings>>;
}

export type Settings = Readonly<Record<string, unknown>>;
