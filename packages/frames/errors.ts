import { entry, errorCatalog } from '#packages/foundation';

/** Errors of frames in shared memory. */
export const frameErrors = errorCatalog({
  'frames.memory-full': entry<{ readonly bytes: number; readonly freeBytes: number }>({
    status: 507,
    todo: 'Raise FrameMemoryMB of edgeml.InferenceAgent, enlarge /dev/shm (in a container: --shm-size), or set MaxWidth of the source. Frames go over the socket meanwhile, which costs more CPU.',
  }),
  'frames.reference-invalid': entry<{ readonly ring?: string }>({
    status: 400,
    todo: 'Send a reference as docs/architecture.md describes it: its sizes must fit the ring that the agent has made.',
  }),
  'frames.stale': entry<{ readonly ring: string; readonly slot: number; readonly sequence: number }>({
    status: 409,
    todo: 'Nothing, if it is rare: the frame was overwritten before the model read it, or its ring ended with a restart. The next frame is answered.',
  }),
  'frames.unavailable': entry<{ readonly folder?: string }>({
    status: 501,
    todo: 'Shared memory for frames needs Linux, a tmpfs at /dev/shm that the user of the component may write, and the package koffi. Without it frames go over the socket, which costs more CPU.',
  }),
});
