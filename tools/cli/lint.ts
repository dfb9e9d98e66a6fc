import { readdir } from 'node:fs/promises';
import path from 'node:path';
import { projectPaths } from '../bundle/project.ts';
import { formatIssue } from '../recipe/issue.ts';
import type { RecipeIssue } from '../recipe/issue.ts';
import type { LintResult } from '../lint/lint-paths.ts';
import { cliErrors } from './errors.ts';
import type { CommandSpec } from './frame/command.ts';

interface LintOptions {
  readonly nucleus: string;
  readonly strict?: boolean;
}

export const lintCommand: CommandSpec<LintOptions> = {
  usage: 'lint [paths...]',
  summary: 'check recipes, build folders, model packages, deployment documents and policies',
  options: (command) =>
    command
      .option('--nucleus <name>', '"any": also report what fails on nucleus lite only; "java": ignore that', 'any')
      .option('--strict', 'fail on warnings too'),
  help: `
The kind of each path is recognized:
  recipe (.yaml, .json)      keys and their case, size as delivered, variables, lifecycles, artifacts, permissions, access
                             control, policy ids, dependencies and their versions, default configuration by its schema
  build folder (recipes/)    its recipes, that every artifact is there, and the model packages beside them
  model package              folder, .zip or .tar.gz: files, names, ONNX files, golden cases, labels; not run
  deployment document        its form, versions that are built, and each configuration update by its schema
  CloudFormation template    the role and the AWS IoT policies of devices against the needs of the nucleus and the recipes: each
  or policy document         missing action, and what does not work without it. AWS is not called
Without arguments, the recipes of this project are checked, both the sources in recipes/ and the delivered files.
Exit code 1 if there is an error, with --strict also if there is a warning.

Examples:
  edgeml lint
  edgeml lint greengrass-build line-3.json --strict
  edgeml lint infrastructure/fleet.yaml device-policy.json`,
  run: async ({ args, options, out, signal }) => {
    if (!['any', 'java'].includes(options.nucleus))
      throw cliErrors.error('cli.usage', `--nucleus is "${options.nucleus}"; give any or java`);
    const { lintPaths } = await import('../lint/lint-paths.ts');
    const own = await ownRecipes();
    const result = await lintPaths(args.length > 0 ? args : own, own, signal);
    const issues = result.issues.filter(({ nucleus }) => options.nucleus !== 'java' || nucleus === 'any');
    out.json({ ...result.counts, issues });
    const fails = (issue: RecipeIssue): boolean =>
      issue.severity === 'error' || (options.strict === true && issue.severity === 'warning');
    if (!out.isJson) {
      for (const issue of issues)
        out.line(
          `${out.paint(fails(issue) ? 'red' : issue.severity === 'info' ? 'dim' : 'yellow', issue.severity)} ${formatIssue(issue)}`,
        );
      out.line(`${lookedAt(result.counts)}: ${count(issues, 'error')} errors, ${count(issues, 'warning')} warnings`);
    }
    return issues.some(fails) ? 1 : 0;
  },
};

function lookedAt({ recipes, packages, deployments, policies }: LintResult['counts']): string {
  const parts = [
    [recipes, 'recipes'],
    [packages, 'packages'],
    [deployments, 'deployments'],
    [policies, 'templates and policies'],
  ] as const;
  const shown = parts.filter(([number], index) => number > 0 || index === 0);
  return shown.map(([number, what]) => `${number} ${what}`).join(', ');
}

async function ownRecipes(): Promise<readonly string[]> {
  const names = await readdir(projectPaths.recipes);
  return names.filter((name) => name.endsWith('.yaml')).map((name) => path.join(projectPaths.recipes, name));
}

function count(issues: readonly RecipeIssue[], severity: RecipeIssue['severity']): number {
  return issues.filter((issue) => issue.severity === severity).length;
}
