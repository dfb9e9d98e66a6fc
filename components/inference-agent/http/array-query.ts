import { agentErrors } from '../errors.ts';
import type { RawArray } from '../invoke/array-service.ts';
import type { SequenceStep } from '../invoke/sequence-states.ts';
import { dataTypeOf } from '../open-inference/data-types.ts';
import { ARRAY_OF } from '#packages/vision';

/** The arrays that the query of an invocation describes. */
export interface ArrayQuery {
  readonly raw?: RawArray;
  readonly step?: SequenceStep;
}

/**
 * `?input=NAME&dtype=float32&shape=1,512`: the body is the elements of one input. `?sequence=ID`, with `sequence_start=true` or
 * `sequence_end=true`: the call continues with the state that the one before has left.
 * @throws EdgeError `http.bad-request`
 */
export function arrayQuery(url: string | undefined): ArrayQuery {
  const query = url?.split('?', 2)[1];
  if (!query) return {};
  const asked = new URLSearchParams(query);
  const raw = rawArray(asked);
  const id = asked.get('sequence');
  if (id !== null && (id === '' || id.length > MAX_ID)) throw bad(`a sequence is named by 1 to ${MAX_ID} characters`);
  const flag = (name: string): boolean => asked.get(name) === 'true';
  const step =
    id === null ? undefined : { id, start: flag('sequence_start'), end: flag('sequence_end'), mayBegin: true };
  return { ...(raw ? { raw } : {}), ...(step ? { step } : {}) };
}

const MAX_ID = 200;

function rawArray(asked: URLSearchParams): RawArray | undefined {
  const [name, dtype, shape] = ['input', 'dtype', 'shape'].map((key) => asked.get(key) ?? undefined);
  if (name === undefined && dtype === undefined && shape === undefined) return undefined;
  if (dtype === undefined || shape === undefined)
    throw bad(
      'the elements of an input come with both their type and their shape, ?input=NAME&dtype=float32&shape=1,512',
    );
  if (!Object.hasOwn(ARRAY_OF, dtype))
    throw bad(`there is no dtype "${dtype.slice(0, 40)}"; there are ${Object.keys(ARRAY_OF).join(', ')}`);
  const sides = shape === '' ? [] : shape.split(',').map((side) => (/^\d{1,15}$/.test(side) ? Number(side) : NaN));
  if (sides.some(Number.isNaN))
    throw bad(`shape is "${shape.slice(0, 80)}"; give whole numbers with commas between them, 1,512`);
  return { name, datatype: dataTypeOf(dtype as keyof typeof ARRAY_OF), shape: sides };
}

function bad(message: string) {
  return agentErrors.error('http.bad-request', message);
}
