import type { InstanceSpec } from '../../components/inference-agent/instance/model-instance.ts';
import type { LoadedPicture } from '../../components/inference-agent/picture/picture.ts';
import { MemoryCrash } from './memory-instance.ts';
import type { MemoryModel } from './memory-instance.ts';
import { answerTensors, bytesOfPicture, echo, testErrors } from './scripted-model.ts';

/** The scripted model for instances in memory: the same words, the same answers. */
export const memoryScripted: MemoryModel = {
  async open({ manifest, settings }, progress) {
    progress({ phase: 'load', message: `loading ${manifest.name}` });
    if (manifest.provenance['open'] === 'fail') throw testErrors.error('test.refused', 'the model refuses to load');
    if (manifest.provenance['open'] === 'hang') await forever();
    progress({ phase: 'warm-up', message: 'warming up' });
    if (settings.golden === 'on') progress({ phase: 'golden', message: 'golden test' });
    const provider = settings.providers[0] ?? 'cpu';
    const variant = manifest.variants[0]?.file ?? '';
    return { provider, fallbacks: [], variant, intraOpThreads: 1, inputs: [], outputs: [], latencyMs: 1, loadMs: 1 };
  },
  async infer(spec: InstanceSpec, picture: LoadedPicture) {
    const text = Buffer.from(bytesOfPicture(picture)).toString();
    if (text === 'crash') throw new MemoryCrash('on command');
    if (text === 'bad') throw testErrors.error('test.bad-image', 'the image is bad');
    if (text === 'hang') await forever();
    return echo(spec, text);
  },
  inferTensors: (_spec, tensors) => answerTensors(tensors),
};

function forever(): Promise<never> {
  return new Promise(() => undefined);
}
