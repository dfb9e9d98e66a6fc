import { useEffect, useState } from 'preact/hooks';
import type { Refusal } from '../state/request.ts';

export interface Remote<Value> {
  readonly value?: Value;
  readonly refusal?: Refusal;
}

/** A value that is fetched when it is first shown, and again when the key changes. */
export function useRemote<Value>(key: string, fetchIt: () => Promise<Value>): Remote<Value> {
  const [remote, setRemote] = useState<Remote<Value>>({});
  useEffect(() => {
    let isGone = false;
    setRemote({});
    fetchIt().then(
      (value) => void (isGone || setRemote({ value })),
      (refusal: Refusal) => void (isGone || setRemote({ refusal })),
    );
    return () => void (isGone = true);
  }, [key]);
  return remote;
}
