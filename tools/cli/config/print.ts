import type { DeploymentParts } from '../../project-file/deployment-of.ts';
import { PROJECT_FILE } from '../../project-file/project-file-name.ts';
import { cliErrors } from '../errors.ts';
import type { CommandSpec } from '../frame/command.ts';

interface PrintOptions {
  readonly target: string;
}

const TARGETS: readonly DeploymentParts['target'][] = ['here', 'device'];

export const printCommand: CommandSpec<PrintOptions> = {
  usage: 'print [file]',
  summary: 'print edgeml.yaml as a deployment document',
  options: (command) =>
    command.option(
      '--target <where>',
      'here: as `npm start` deploys it, relative paths made absolute; device: as `edgeml deploy --file` does',
      'here',
    ),
  help: `
The document has the form of create-deployment: "aws greengrassv2 create-deployment --cli-input-json", "edgeml deploy --document",
"edgeml twin --deployment" and "edgeml lint" take it. Models are packaged first, since the document names their versions.`,
  run: async ({ args: [file = PROJECT_FILE], options, out, signal }) => {
    const target = TARGETS.find((one) => one === options.target);
    if (target === undefined)
      throw cliErrors.error('cli.usage', `--target is "${options.target}"; give here or device`);
    const { readProjectFile } = await import('../../project-file/read-project-file.ts');
    const { compileProject } = await import('../../project-file/compile-project.ts');
    const { modelsFolder } = await import('../../project-file/work-folders.ts');
    const project = await readProjectFile(file);
    const output = modelsFolder(project.path);
    const document = await compileProject(project, {
      target,
      output,
      signal,
      onProgress: (what) => out.progress(what),
    });
    out.json(document);
    if (!out.isJson) out.line(JSON.stringify(document, undefined, 2));
  },
};
