import { readdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import { CucumberExpression, ParameterTypeRegistry } from '@cucumber/cucumber-expressions';
import { AstBuilder, compile, GherkinClassicTokenMatcher, Parser } from '@cucumber/gherkin';
import { IdGenerator } from '@cucumber/messages';
import type { Pickle } from '@cucumber/messages';
import { beforeAll, describe, expect, it } from 'vitest';
import { FRAMEWORK_STEPS } from '../../testing/gdk/framework-steps.ts';
import { COMPONENTS } from '../../tools/bundle/components.ts';
import { PROJECT } from '../../tools/bundle/project.ts';

const FEATURES = path.join(PROJECT, 'gg-e2e-tests/src/main/resources/greengrass/features');
const LIFECYCLE = ['COMPLETED', 'FAILED', 'REJECTED', 'CANCELED', 'TIMED_OUT'];
/** Names of `java.util.concurrent.TimeUnit`, in any case. */
const UNITS = ['seconds', 'minutes', 'hours'];

/** Only a device in an account can run a scenario; these tests show that it is well written. */
describe('the scenarios of gdk test-e2e', () => {
  let pickles: readonly Pickle[];
  const names: string[] = COMPONENTS.map(({ name }) => name);
  const expressions = FRAMEWORK_STEPS.map((text) => new CucumberExpression(text, new ParameterTypeRegistry()));
  const argumentsOf = (text: string): readonly unknown[] | undefined => {
    const found = expressions.map((expression) => expression.match(text)).filter((match) => match !== null);
    return found.length === 1 ? found[0]?.map((argument) => argument.getValue(null)) : undefined;
  };
  const steps = () => pickles.flatMap((pickle) => pickle.steps);

  beforeAll(async () => {
    const newId = IdGenerator.incrementing();
    const files = (await readdir(FEATURES)).filter((name) => name.endsWith('.feature'));
    const parsed = files.map(async (name) => {
      const text = await readFile(path.join(FEATURES, name), 'utf8');
      const document = new Parser(new AstBuilder(newId), new GherkinClassicTokenMatcher()).parse(text);
      return compile(document, name, newId);
    });
    pickles = (await Promise.all(parsed)).flat();
  });

  it('parse, each under the tag of gdk-config.json', async () => {
    const text = await readFile(path.join(PROJECT, 'gdk-config.json'), 'utf8');
    const { 'test-e2e': configured } = JSON.parse(text) as { 'test-e2e': { gtf_options: { tags: string } } };
    expect(pickles.length).toBeGreaterThanOrEqual(2);
    for (const { tags } of pickles) expect(tags.map(({ name }) => name)).toContain(`@${configured.gtf_options.tags}`);
  });

  it('use steps that the framework has, each of them one', () => {
    for (const { text } of steps()) expect(argumentsOf(text), text).toBeDefined();
  });

  it('deploy and read components of this project, wait for outcomes that there are, and in units that there are', () => {
    for (const { text, argument } of steps()) {
      const [first, second, third, fourth] = argumentsOf(text) ?? [];
      for (const { cells } of argument?.dataTable?.rows ?? []) expect(names).toContain(cells[0]?.value);
      if (text.includes(' log on the device'))
        expect([names.includes(String(first)), UNITS.includes(String(fourth))]).toEqual([true, true]);
      if (text.startsWith('the Greengrass deployment is'))
        expect([LIFECYCLE.includes(String(first)), Number(second) > 0, UNITS.includes(String(third))]).toEqual([
          true,
          true,
          true,
        ]);
      if (text.includes('setting the component')) {
        expect(names).toContain(first);
        expect(Object.keys(JSON.parse(argument?.docString?.content ?? '') as object)).toEqual(['MERGE']);
      }
    }
  });

  it('wait for lines that the components log', async () => {
    const lines = steps().flatMap(
      ({ text }) => /^the edgeml\.(\S+) log .* contains the line "([^"]+)"/.exec(text)?.slice(1) ?? [],
    );
    expect(lines.length).toBeGreaterThan(0);
    const sources = await sourcesOf([
      'components/inference-agent',
      'components/inference-app',
      'packages/model-package',
    ]);
    for (const line of lines.filter((_, index) => index % 2 === 1)) expect(sources).toContain(`'${line}'`);
  });
});

async function sourcesOf(folders: readonly string[]): Promise<string> {
  const texts = folders.map(async (folder) => {
    const root = path.join(PROJECT, folder);
    const files = (await readdir(root, { recursive: true })).filter((name) => /(?<!\.test)\.ts$/.test(name));
    return (await Promise.all(files.map((name) => readFile(path.join(root, name), 'utf8')))).join('\n');
  });
  return (await Promise.all(texts)).join('\n');
}
