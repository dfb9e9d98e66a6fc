import type { Incidents } from '#packages/foundation';
import type { InvokeResult } from '#packages/http';

/** Providers of ONNX Runtime that use no accelerator. */
const ON_CPU: readonly string[] = ['cpu', 'wasm'];

/** Warns, once, where `Accelerator` asks for a GPU and a model runs without one: the agent decides, and says why in its log. */
export function acceleratorCheck(
  wanted: (source: string) => 'cpu' | 'gpu' | undefined,
  incidents: Incidents,
): (source: string, result: InvokeResult) => void {
  return (source, { service, provider }) => {
    const subject = `accelerator of ${service}`;
    if (wanted(source) !== 'gpu' || !ON_CPU.includes(provider))
      return incidents.resolved(subject, 'app.accelerated-again');
    const message = `Accelerator asks for gpu, and ${service} runs on ${provider}: set the execution providers of edgeml.InferenceAgent; its log says why it does not use a GPU`;
    incidents.opened(subject, 'app.not-accelerated', { service, provider, message });
  };
}
