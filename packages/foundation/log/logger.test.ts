import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect, it } from 'vitest';
import { maskCredentials } from './mask-credentials.ts';

const run = promisify(execFile);

async function linesOf(script: string): Promise<Record<string, unknown>[]> {
  const head = `import { createLogger } from ${JSON.stringify(join(import.meta.dirname, 'logger.ts'))};`;
  const { stdout } = await run(process.execPath, [
    '--import',
    import.meta.resolve('tsx'),
    '--input-type=module',
    '--eval',
    `${head} const log = createLogger({ name: 'edgeml.Test' }); ${script}`,
  ]);
  return stdout
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as Record<string, unknown>);
}

it('loses no line when the process ends right after it', async () => {
  const lines = await linesOf(
    `for (let n = 0; n < 200; n++) log.info({ n }, 'counted'); log.error({}, 'ended'); process.exit(0);`,
  );

  expect(lines).toHaveLength(201);
  expect(lines.at(-1)).toMatchObject({ level: 'error', component: 'edgeml.Test', event: 'ended' });
});

it('writes errors as their message, code and causes, on one line, without secrets', async () => {
  const [line] = await linesOf(`
    const error = Object.assign(new Error('at rtsp://admin:geheim@camera/1\\nsecond line', { cause: new Error('deeper') }), { code: 'camera.gone' });
    log.warn({ error, login: { password: 'geheim' } }, 'camera.lost');`);

  expect(line).toMatchObject({
    error: { message: 'at rtsp://***@camera/1\nsecond line', code: 'camera.gone', cause: { message: 'deeper' } },
    login: { password: '***' },
  });
  expect(JSON.stringify(line)).not.toContain('geheim');
});

it.each([
  ['see rtsp://user:pass@10.0.0.1:554/stream', 'see rtsp://***@10.0.0.1:554/stream'],
  ['rtsp://user:p@ss@10.0.0.1/stream', 'rtsp://***@10.0.0.1/stream'],
  ['http://cam/snap?usr=a&pwd=geheim&size=2', 'http://cam/snap?usr=a&pwd=***&size=2'],
  ['no url: user:pass@host', 'no url: user:pass@host'],
  ['https://example.com/a@b', 'https://example.com/a@b'],
])('masks %j', (text, masked) => {
  expect(maskCredentials(text)).toBe(masked);
});
