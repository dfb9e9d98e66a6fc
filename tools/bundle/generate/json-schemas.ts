import { format } from 'prettier';
import { baselineSchema } from '#packages/drift';
import { manifestSchema, OUTPUT_FORMS, outputSchema } from '#packages/model-package';
import { sampleRecordSchema } from '#packages/samples';
import { projectFileSchema } from '../../project-file/project-file.ts';
import { COMPONENT_SCHEMAS } from '../component-schemas.ts';
import { COMPONENTS } from '../components.ts';
import { schemaId, schemaPath } from '../schema-files.ts';
import type { GeneratedFile } from './generated-file.ts';
import { jsonSchemaOf } from './schemas/json-schema-of.ts';
import type { JsonSchema } from './schemas/json-schema-of.ts';
import { withTextForms } from './schemas/text-forms.ts';

const DRAFT = 'https://json-schema.org/draft/2020-12/schema';
const APP = 'edgeml.InferenceApp';

/** schemas/: model.json, edgeml.yaml and the configuration of each component, for editors and other programs. */
export async function jsonSchemas(): Promise<readonly GeneratedFile[]> {
  const model = manifestJsonSchema();
  const components = new Map([...COMPONENT_SCHEMAS].map(([name, schema]) => [name, configurationSchema(schema)]));
  const files = [
    schemaFile(
      'baseline',
      'baseline.json of a model package, version 1',
      jsonSchemaOf(baselineSchema, { io: 'input' }),
    ),
    schemaFile(
      'sample',
      'The JSON beside each sample in the bucket, version 1',
      jsonSchemaOf(sampleRecordSchema, { io: 'input' }),
    ),
    schemaFile('model', 'model.json of a model package, version 1', model),
    schemaFile('edgeml', 'edgeml.yaml: what `npm start` runs', projectJsonSchema(model, components)),
    ...[...components].map(([name, schema]) => schemaFile(name, `Configuration of ${name}`, schema)),
  ];
  return Promise.all(
    files.map(async ({ path, schema }) => ({
      path,
      content: await format(JSON.stringify(schema), { parser: 'json', printWidth: 120 }),
    })),
  );
}

function schemaFile(
  name: string,
  title: string,
  schema: JsonSchema,
): { readonly path: string; readonly schema: JsonSchema } {
  const named = { $schema: DRAFT, $id: schemaId(name), title, ...schema };
  return { path: schemaPath(name), schema: named };
}

function manifestJsonSchema(): JsonSchema {
  const forms = OUTPUT_FORMS.map((form) => jsonSchemaOf(form, { io: 'input' }));
  return jsonSchemaOf(manifestSchema, { io: 'input', instead: new Map([[outputSchema, { anyOf: forms }]]) });
}

function configurationSchema(schema: Parameters<typeof jsonSchemaOf>[0]): JsonSchema {
  const { type: _type, pattern: _pattern, properties, ...rest } = withTextForms(jsonSchemaOf(schema, { io: 'output' }));
  // The nucleus reads it; the components do not.
  return { ...rest, type: 'object', properties: { ...(properties as object), accessControl: {} } };
}

/** Sources, services and settings are the components' own. */
function projectJsonSchema(model: JsonSchema, components: ReadonlyMap<string, JsonSchema>): JsonSchema {
  const project = jsonSchemaOf(projectFileSchema, { io: 'output' }) as ProjectNode;
  const { models, sources, services, components: settings, ...others } = project.properties;
  const app = (components.get(APP) as ProjectNode).properties;
  const deployable = COMPONENTS.map(
    ({ name }) => [name, nullable(components.get(name) ?? { type: 'object' })] as const,
  );
  const one = models['additionalProperties'] as ProjectNode;
  return {
    ...project,
    properties: {
      ...others,
      models: {
        ...models,
        additionalProperties: { ...one, properties: { ...one.properties, manifest: partOf(model, one) } },
      },
      sources: { ...sources, additionalProperties: app['Sources']?.['additionalProperties'] },
      services: { ...services, additionalProperties: app['Services']?.['additionalProperties'] },
      components: { ...settings, additionalProperties: false, properties: Object.fromEntries(deployable) },
    },
  };
}

interface ProjectNode extends JsonSchema {
  readonly properties: Readonly<Record<'models' | 'sources' | 'services' | 'components' | (string & {}), JsonSchema>>;
}

/** Keys of model.json, none of which has to be there: what is missing is proposed. */
function partOf(model: JsonSchema, { properties: { manifest } }: ProjectNode): JsonSchema {
  const { required: _, properties, ...rest } = model as ProjectNode;
  const { input, output: _output, ...others } = properties;
  const { required: _input, anyOf: _forms, ...inputPart } = input ?? {};
  return {
    ...rest,
    description: manifest?.['description'],
    properties: { ...others, input: inputPart, output: { type: 'object' } },
  };
}

/** `edgeml.FeedbackUploader:` with nothing behind it deploys the component as it is. */
function nullable(schema: JsonSchema): JsonSchema {
  return { ...schema, type: ['object', 'null'] };
}
