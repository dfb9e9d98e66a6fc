import { spawnSync } from 'node:child_process';
import { describe, expect, it } from 'vitest';
import { MemoryIo } from '../frame/io.ts';
import { runProgram } from '../program.ts';

const script = async (shell: string): Promise<string> => {
  const io = new MemoryIo();
  expect(await runProgram(['completion', shell], io, new AbortController().signal)).toBe(0);
  return io.out;
};

/** Words that bash would offer after these; the last one is being typed. */
const offers = (bash: string, ...words: readonly string[]): readonly string[] => {
  const quoted = words.map((word) => `'${word}'`).join(' ');
  const call = `COMP_WORDS=(${quoted}); COMP_CWORD=${words.length - 1}; _edgeml; printf '%s\\n' "\${COMPREPLY[@]}"`;
  const { status, stdout, stderr } = spawnSync('bash', ['-c', `${bash}\n${call}`], { encoding: 'utf8' });
  expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
  return stdout.trim().split('\n');
};

describe('edgeml completion', () => {
  it('completes commands, their subcommands and options in bash', async () => {
    const bash = await script('bash');
    expect(offers(bash, 'edgeml', 'prov')).toEqual(['provision']);
    expect(offers(bash, 'edgeml', 'local', 'lo')).toEqual(['logs']);
    expect(offers(bash, 'edgeml', 'local', 'deploy', '--no-')).toEqual(['--no-rollback', '--no-wait']);
    expect(offers(bash, 'edgeml', 'try', 'model.onnx', '--lab')).toEqual(['--labels']);
    // A file or a topic: bash continues with files.
    expect(offers(bash, 'edgeml', 'local', 'sub', 'edgeml/')).toEqual(['']);
  });

  it('describes each command in zsh and fish, with quotes in the summary escaped', async () => {
    const [zsh, fish] = await Promise.all([script('zsh'), script('fish')]);
    expect(zsh).toContain(`'logs:show the logs of the named components, or of all, one event a line'`);
    expect(fish).toContain(`complete -c edgeml -n '__edgeml_at "local deploy"' -l no-wait -d '`);
    for (const text of [zsh, fish]) expect(text.split("'").length % 2).toBe(1);
  });

  it('refuses other shells with the ones that it knows', async () => {
    const io = new MemoryIo();
    expect(await runProgram(['completion', 'tcsh'], io, new AbortController().signal)).toBe(2);
    expect(io.err).toContain('bash, zsh, fish');
  });
});
