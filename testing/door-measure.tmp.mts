import { mkdtempSync, writeFileSync, rmSync, appendFileSync } from 'node:fs';
import { join } from 'node:path';
import { RingWriter } from '#packages/frames';
import { createAgentClient } from '#packages/http';
import { startInProcess } from './agent/in-process-agent.ts';
import { writePackage } from './agent/package-folder.ts';
import { layoutOf } from './frames/frame-pattern.ts';
import { MemoryNucleus } from './ipc/memory-nucleus.ts';
const folder = mkdtempSync('/tmp/door-');
const nucleus = new MemoryNucleus();
nucleus.configuration.set('edgeml.InferenceAgent', [], { ImageFolders: [folder] });
const started = await startInProcess(folder, nucleus);
await started.client.activate({ path: await writePackage(join(folder, 'Parts'), { version: '1.0.0' }) });
const socketPath = started.agent.socketPath;
const ways = { http: createAgentClient({ socketPath }), messages: createAgentClient({ socketPath, messages: true }) };
const { signal } = new AbortController();
const { ring } = await ways.http.leaseRing({ slotBytes: 5, slots: 3 }, { signal });
const writer = RingWriter.open(ring);
writer.begin(1); writer.bytes(1).write('hello');
const frame = { ...layoutOf(5, 1, 'gray'), ring: ring.ring, slot: 1, sequence: writer.publish(1), takenAt: 1 };
writeFileSync(join(folder, 'a.jpg'), 'x'.repeat(100));
const image = Buffer.alloc(200_000, 'x');
const asks = {
  frame: (c) => c.invokeFrame('Parts', frame, { deadlineMs: 5000, signal }),
  named: (c) => c.invokeFile('Parts', join(folder, 'a.jpg'), { deadlineMs: 5000, signal }),
  sent: (c) => c.invoke('Parts', image, { contentType: 'image/jpeg', deadlineMs: 5000, signal }),
};
const out = '/tmp/wt/door-m/result.txt';
const med = (a) => a.sort((x, y) => x - y)[a.length >> 1];
for (const what of Object.keys(asks)) {
  const cpu = { http: [], messages: [] };
  for (let round = 0; round < 8; round++)
    for (const way of ['http', 'messages']) {
      const c = process.cpuUsage();
      for (let n = 0; n < 150; n++) await asks[what](ways[way]);
      const u = process.cpuUsage(c);
      cpu[way].push((u.user + u.system) / 1e3 / 150);
    }
  appendFileSync(out, `${what} first ${cpu.http[0].toFixed(3)} ${cpu.messages[0].toFixed(3)} median http ${med(cpu.http).toFixed(3)} messages ${med(cpu.messages).toFixed(3)} min ${Math.min(...cpu.http).toFixed(3)} ${Math.min(...cpu.messages).toFixed(3)}\n`);
}
for (const c of Object.values(ways)) c.close();
await started.close();
rmSync(folder, { recursive: true });
process.exit(0);
