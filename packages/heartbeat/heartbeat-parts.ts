import type { HeartbeatMessage, HeartbeatModel } from './heartbeat-message.ts';

/** Nucleus lite drops messages over 10 kB silently, and base64 takes a third of them. */
export const MAX_HEARTBEAT_BYTES = 4_000;

/** A heartbeat as messages of at most `maxBytes` each: models that do not fit go into further parts. Long reasons are cut. */
export function heartbeatParts(heartbeat: HeartbeatMessage, maxBytes = MAX_HEARTBEAT_BYTES): readonly string[] {
  const { DeploymentResult: result, ...rest } = heartbeat;
  const first = { ...rest, ...(result ? { DeploymentResult: shortened(result) } : {}) };
  const groups = grouped(first, maxBytes);
  const further = withoutHead(first);
  return groups.map((models, index) =>
    JSON.stringify({ ...(index === 0 ? first : further), Part: index + 1, Parts: groups.length, Models: models }),
  );
}

/** A heartbeat so far, after one more message of it; one of another heartbeat takes its place. */
export function joinHeartbeat(known: HeartbeatMessage | undefined, part: HeartbeatMessage): HeartbeatMessage {
  if (known?.HeartbeatId !== part.HeartbeatId) return part;
  const handles = new Set(part.Models.map((model) => model.ModelHandle));
  const [head, other] = part.Part === 1 ? [part, known] : [known, part];
  const others = known.Models.filter((model) => !handles.has(model.ModelHandle));
  return { ...other, ...head, Models: [...others, ...part.Models] };
}

/** Digits of part numbers that the estimate leaves room for. */
const PART_DIGITS = 6;

function grouped(first: HeartbeatMessage, maxBytes: number): readonly (readonly HeartbeatModel[])[] {
  const further = withoutHead(first);
  const groups: HeartbeatModel[][] = [[]];
  let bytes = bytesOf({ ...first, Models: [] }) + PART_DIGITS;
  for (const model of first.Models) {
    const more = bytesOf(model) + 1;
    if (bytes + more > maxBytes) {
      groups.push([]);
      bytes = bytesOf({ ...further, Models: [] }) + PART_DIGITS;
    }
    bytes += more;
    groups.at(-1)?.push(model);
  }
  return groups;
}

/** The fields of every part: those of the whole device are in the first one only. */
function withoutHead({
  AgentMetrics: _metrics,
  Device: _device,
  DeploymentResult: _result,
  ...further
}: HeartbeatMessage) {
  return further;
}

function bytesOf(value: unknown): number {
  return Buffer.byteLength(JSON.stringify(value));
}

const MAX_REASON_CHARACTERS = 300;
const MAX_RESULT_MODELS = 4;

function shortened(result: NonNullable<HeartbeatMessage['DeploymentResult']>): typeof result {
  const cut = (text: string): string =>
    text.length <= MAX_REASON_CHARACTERS ? text : `${text.slice(0, MAX_REASON_CHARACTERS - 1)}…`;
  const { DeploymentStatusMessage: message } = result;
  return {
    ...result,
    ...(message === undefined ? {} : { DeploymentStatusMessage: cut(message) }),
    DeploymentModels: result.DeploymentModels.slice(0, MAX_RESULT_MODELS).map((model) => ({
      ...model,
      ...(model.StatusReason === undefined ? {} : { StatusReason: cut(model.StatusReason) }),
    })),
  };
}
