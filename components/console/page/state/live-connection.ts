import type { LiveLine } from '../../device/live-line.ts';
import { Refusal, request } from './request.ts';
import { beginAnew, changeState, takeLine } from './store.ts';

const FIRST_WAIT_MS = 500;
const LONGEST_WAIT_MS = 8_000;

/** Reads the changes on the device for as long as the page is open; begins again when the connection is lost. */
export async function followDevice(): Promise<never> {
  for (let wait = FIRST_WAIT_MS; ; wait = Math.min(LONGEST_WAIT_MS, wait * 2)) {
    try {
      const response = await request('/api/live');
      beginAnew();
      wait = FIRST_WAIT_MS;
      await readLines(response, (line) => takeLine(JSON.parse(line) as LiveLine));
    } catch (thrown) {
      if (thrown instanceof Refusal && thrown.code === 'console.token-missing') changeState({ tokenWanted: true });
    }
    changeState({ connection: 'lost' });
    await new Promise((resolve) => setTimeout(resolve, wait));
  }
}

async function readLines(response: Response, take: (line: string) => void): Promise<void> {
  const reader = response.body?.pipeThrough(new TextDecoderStream()).getReader();
  let text = '';
  for (;;) {
    const chunk = await reader?.read();
    if (!chunk || chunk.done) return;
    const lines = (text + chunk.value).split('\n');
    text = lines.pop() ?? '';
    for (const line of lines) if (line !== '') take(line);
  }
}
