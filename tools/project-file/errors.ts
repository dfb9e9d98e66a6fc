import { entry, errorCatalog } from '#packages/foundation';
import type { ConfigurationProblem } from '#packages/foundation';

/** Why edgeml.yaml cannot be used. */
export const projectFileErrors = errorCatalog({
  'project-file.invalid': entry<{ readonly file: string; readonly problems: readonly ConfigurationProblem[] }>({
    todo: 'Correct the keys that the message names; schemas/edgeml.schema.json and docs/first-model.md say what the file takes.',
  }),
  'project-file.missing': entry<{ readonly file: string }>({
    todo: 'Write it with `npm run edgeml -- try <model> --source <camera>`, or name another file.',
  }),
  'project-file.model-name': entry<{ readonly file: string; readonly key: string; readonly name: string }>({
    todo: 'Give the model in edgeml.yaml the name that its model.json says.',
  }),
  'project-file.unreadable': entry<{ readonly file: string }>({
    todo: 'Correct the line that the message names: the file must be YAML, and this user must be allowed to read it.',
  }),
});
