import { readdir } from 'node:fs/promises';
import path from 'node:path';
import { projectPaths } from '../build/project.ts';
import { formatIssue } from '../local-core/recipe/issue.ts';
import type { RecipeIssue } from '../local-core/recipe/issue.ts';
import type { CommandSpec } from './frame/command.ts';

interface LintOptions {
  readonly nucleus: string;
  readonly strict?: boolean;
}

export const lintCommand: CommandSpec<LintOptions> = {
  usage: 'lint [recipes...]',
  summary: 'check recipes for both nuclei: keys, sizes, variables, lifecycles, access control',
  options: (command) =>
    command
      .option(
        '--nucleus <name>',
        '"any": say what fails on nucleus lite too; "java": only what fails everywhere',
        'any',
      )
      .option('--strict', 'let warnings fail too'),
  help: `
Without arguments the recipes of this project are checked, the ones in recipes/ and what is delivered of them.`,
  run: async ({ args, options, out }) => {
    const { lintCollection } = await import('../build/lint-collection.ts');
    const files = args.length > 0 ? args : await ownRecipes();
    const issues = (await lintCollection(files)).filter(
      ({ nucleus }) => options.nucleus !== 'java' || nucleus === 'any',
    );
    out.json({ recipes: files.length, issues });
    const fails = (issue: RecipeIssue): boolean =>
      issue.severity === 'error' || (options.strict === true && issue.severity === 'warning');
    if (!out.isJson) {
      for (const issue of issues)
        out.line(
          `${out.paint(fails(issue) ? 'red' : issue.severity === 'info' ? 'dim' : 'yellow', issue.severity)} ${formatIssue(issue)}`,
        );
      out.line(`${files.length} recipes: ${count(issues, 'error')} errors, ${count(issues, 'warning')} warnings`);
    }
    return issues.some(fails) ? 1 : 0;
  },
};

async function ownRecipes(): Promise<readonly string[]> {
  const names = await readdir(projectPaths.recipes);
  return names.filter((name) => name.endsWith('.yaml')).map((name) => path.join(projectPaths.recipes, name));
}

function count(issues: readonly RecipeIssue[], severity: RecipeIssue['severity']): number {
  return issues.filter((issue) => issue.severity === severity).length;
}
