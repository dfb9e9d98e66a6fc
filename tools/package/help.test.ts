import { describe, expect, it } from 'vitest';
import { runHere } from '../../testing/package/in-process.ts';

describe('--help', () => {
  it.each(['package', 'keygen', 'sign', 'verify', 'lint', 'twin'])(
    'of edgeml %s says what it does, with an example',
    async (command) => {
      const { code, stdout } = await runHere([command, '--help']);
      expect(code).toBe(0);
      expect(stdout).toMatch(new RegExp(`^Usage: edgeml ${command} `));
      expect(stdout).toMatch(/Examples?:/);
      expect(stdout).toContain(`  edgeml ${command}`.trim());
    },
  );
});
