import { closest, foundationErrors, parseConfiguration, unknownKeys } from '#packages/foundation';
import type { ConfigurationProblem } from '#packages/foundation';
import { COMPONENT_SCHEMAS } from '../bundle/component-schemas.ts';
import { COMPONENTS } from '../bundle/components.ts';
import type { ProjectFile } from './project-file.ts';
import { APP, settingsOf, UPLOADER } from './settings-of.ts';

/** Problems that the components themselves would find in the file: settings that they do not know or do not take, and names that lead nowhere. */
export function checkSettings(project: ProjectFile): readonly ConfigurationProblem[] {
  return [
    ...unknownComponents(project),
    ...[...settingsOf(project)].flatMap(([component, settings]) => wrongSettings(component, settings)),
    ...noModel(project),
    ...danglingServices(project),
    ...lostFeedback(project),
  ];
}

function unknownComponents({ components }: ProjectFile): readonly ConfigurationProblem[] {
  const known = COMPONENTS.map(({ name }) => name);
  return Object.keys(components).flatMap((name) => {
    if (known.includes(name)) return [];
    const meant = closest(name, known);
    const hint = meant === undefined ? `there are ${known.join(', ')}` : `did you mean ${meant}?`;
    return [{ pointer: `/components/${name}`, message: `is not a component of the collection; ${hint}` }];
  });
}

function wrongSettings(component: string, settings: unknown): readonly ConfigurationProblem[] {
  const schema = COMPONENT_SCHEMAS.get(component);
  if (!schema) return [];
  const strange = unknownKeys(schema, settings).map(({ pointer, suggestion }) => ({
    pointer: placeOf(component, pointer),
    message: suggestion === undefined ? 'is not a setting' : `is not a setting; did you mean ${suggestion}?`,
  }));
  try {
    parseConfiguration(schema, settings, { component });
    return strange;
  } catch (error) {
    if (!foundationErrors.is(error, 'config.invalid')) throw error;
    const wrong = error.facts.problems.map((problem) => ({
      ...problem,
      pointer: placeOf(component, problem.pointer),
    }));
    return [...wrong, ...strange];
  }
}

/** Where a setting of a component stands in edgeml.yaml. */
function placeOf(component: string, pointer: string): string {
  const own = component === APP ? /^\/(Sources|Services)(\/.*)?$/.exec(pointer) : null;
  return own ? `/${own[1]!.toLowerCase()}${own[2] ?? ''}` : `/components/${component}${pointer}`;
}

function noModel({ models, components }: ProjectFile): readonly ConfigurationProblem[] {
  const has = Object.keys(models).length > 0 || Object.keys(components).some((name) => /^edgeml\.model\./.test(name));
  return has ? [] : [{ pointer: '/models', message: 'does not hold a model, so nothing would look at the images' }];
}

function danglingServices(project: ProjectFile): readonly ConfigurationProblem[] {
  const known = servicesOf(project);
  const missing = (pointer: string, service: string): readonly ConfigurationProblem[] => {
    if (known.includes(service)) return [];
    const meant = closest(service, known);
    const hint = meant === undefined ? `models are ${known.join(', ') || 'none'}` : `did you mean ${meant}?`;
    return [{ pointer, message: `there is no model "${service}"; ${hint}` }];
  };
  const asked = Object.entries(project.sources).flatMap(([source, { Services: services }]) =>
    Array.isArray(services)
      ? services.flatMap((service) => missing(`/sources/${source}/Services`, String(service)))
      : [],
  );
  return [...asked, ...Object.keys(project.services).flatMap((service) => missing(`/services/${service}`, service))];
}

/** A model component of the collection serves under the last part of its name. */
function servicesOf({ models, components }: ProjectFile): readonly string[] {
  const samples = Object.keys(components).flatMap((name) => /^edgeml\.model\.(.+)$/.exec(name)?.[1] ?? []);
  return [...Object.keys(models), ...samples];
}

function lostFeedback({ services, components }: ProjectFile): readonly ConfigurationProblem[] {
  if (UPLOADER in components) return [];
  return Object.entries(services)
    .filter(([, { MLFeedbackConnectorConfigId: id }]) => id !== undefined && id !== '')
    .map(([service]) => ({
      pointer: `/services/${service}/MLFeedbackConnectorConfigId`,
      message: `nobody takes the samples: add ${UPLOADER} to components`,
    }));
}
