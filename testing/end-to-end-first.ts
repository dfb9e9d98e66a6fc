import path from 'node:path';
import { BaseSequencer } from 'vitest/node';
import type { TestSpecification } from 'vitest/node';

const END_TO_END = ['test', 'testing', 'bench'];

/**
 * Begins with the tests that start real processes. They take longest, and their files are short: in the order of size, which vitest
 * takes in a fresh checkout, some of them would begin when everything else is done, and other workers would have nothing left to do.
 * Ends with those that share a process, which goes on to the next file only if that shares it too.
 */
export class EndToEndFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const sorted = await super.sort(files);
    const shared = ({ project }: TestSpecification): boolean => !project.config.isolate;
    const own = sorted.filter((file) => !shared(file));
    return [...own.filter(isEndToEnd), ...own.filter((file) => !isEndToEnd(file)), ...sorted.filter(shared)];
  }
}

function isEndToEnd({ moduleId, project }: TestSpecification): boolean {
  const [folder = ''] = path.relative(project.config.root, moduleId).split(path.sep);
  return END_TO_END.includes(folder);
}
