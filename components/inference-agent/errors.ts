import { entry, errorCatalog } from '#packages/foundation';

/** The agent's error answers: to requests for an inference, to activations, to clients of Edge Manager, and at its start. */
export const agentErrors = errorCatalog({
  'admission.cancelled': entry<{ readonly service: string; readonly reason: 'cancelled' }>({
    status: 499,
    todo: 'Nothing: the client hung up before the answer.',
  }),
  'admission.deadline': entry<{
    readonly service: string;
    readonly reason: 'deadline';
    readonly deadlineMs: number;
    readonly where: string;
  }>({
    status: 504,
    todo: 'The time-out of the request passed before its answer. Raise LocalInferenceServiceTimeoutSeconds (or the deadline header), or send fewer images.',
  }),
  'admission.displaced': entry<{
    readonly service: string;
    readonly reason: 'displaced';
    readonly stalledMs: number;
  }>({
    status: 503,
    todo: 'Send a request in one go once all of it is there. If it happens to clients that do, raise MaxBufferedMB.',
  }),
  'admission.memory-full': entry<{
    readonly service: string;
    readonly reason: 'memory-full';
    readonly retryAfterSeconds: number;
  }>({
    status: 503,
    todo: 'Wait as long as Retry-After says, then repeat. If it lasts: smaller images, or a larger MaxBufferedMB.',
  }),
  'admission.model-loading': entry<{
    readonly service: string;
    readonly reason: 'model-loading';
    readonly deadlineMs: number;
    readonly retryAfterSeconds: number;
  }>({
    status: 503,
    todo: 'Repeat the request: the agent has just started and restores its models, or the first model of the service is being activated.',
  }),
  'admission.queue-full': entry<{
    readonly service: string;
    readonly reason: 'queue-full';
    readonly retryAfterSeconds: number;
    readonly depth: number;
  }>({
    status: 503,
    todo: 'Wait as long as Retry-After says, then repeat. If it lasts: fewer images, a smaller model, more Workers, or a longer QueueLength.',
  }),
  'admission.stopping': entry<{ readonly service: string; readonly reason: 'stopping' }>({
    status: 503,
    todo: 'The agent is ending. Repeat the request when it is back.',
  }),
  'capture.buffer-full': entry<{ readonly bufferSize: number } | { readonly bytes: number }>({
    status: 429,
    todo: 'Send less often, or raise CaptureDataBufferSize; with no network the buffer empties when it is back.',
  }),
  'capture.closed': { status: 503, todo: 'The agent is stopping. Send again when it is back.' },
  'capture.disk-full': entry<{ readonly root: string; readonly captureId?: string }>({
    status: 507,
    todo: 'Free space on the disk of the device, raise CaptureDataDiskMaxMB, or restore the connection that empties it.',
  }),
  'capture.duplicate': entry<{ readonly captureId: string }>({
    status: 409,
    todo: 'Give every inference its own capture_id. The record that was accepted first under this one is kept.',
  }),
  'capture.future-timestamp': entry<{
    readonly captureId: string;
    readonly inferenceTimestamp: number;
    readonly now: number;
  }>({
    status: 400,
    todo: "Send the time of the inference in UTC, or leave it out; set the clock of the application's machine.",
  }),
  'capture.invalid-tensor': entry<{ readonly captureId: string; readonly tensor: string }>({
    status: 400,
    todo: 'Send as many bytes as the shape and the data type say, and a name that can be read.',
  }),
  'capture.invalid-timestamp': entry<{ readonly captureId: string }>({
    status: 400,
    todo: 'Send the time of the inference in seconds and nanoseconds since 1970, or leave it out.',
  }),
  'capture.not-configured': entry<{ readonly missing: readonly string[]; readonly captureId?: string }>({
    status: 503,
    todo: 'Set the named settings in the configuration of edgeml.InferenceAgent.',
  }),
  'capture.offline': entry<{ readonly captureId: string }>({
    status: 503,
    todo: 'With the destination Cloud nothing is kept on the device. Send again when there is a network, or set CaptureDataDestination to Disk with CaptureDataPeriodicUpload.',
  }),
  'capture.unknown-id': entry<{ readonly captureId: string; readonly modelName: string | undefined }>({
    status: 404,
    todo: 'Ask with the capture_id of an accepted capture; only the latest few thousand are remembered.',
  }),
  'capture.unknown-model': entry<{ readonly captureId: string; readonly modelName: string }>({
    status: 404,
    todo: 'Load the model first, and name it in capture calls by the alias that it was loaded under.',
  }),
  'capture.unsafe-id': entry<{ readonly captureId: string }>({
    status: 400,
    todo: 'Name captures with 1 to 128 letters, digits and any of . _ - : + @ =, beginning with a letter or digit, and without "..".',
  }),
  'capture.write-failed': entry<{ readonly root: string; readonly captureId?: string }>({
    status: 500,
    todo: 'Check the disk of the device and the permissions of CaptureDataDiskPath.',
  }),
  'challenger.none': entry<{ readonly alias: string; readonly active: readonly string[] }>({
    status: 404,
    todo: 'Deploy a component that brings one (edgeml package --challenger), or name an alias of `edgeml local challenger`.',
  }),
  'cloud-provider.incomplete': entry<{ readonly path: string; readonly missing: readonly string[] }>({
    todo: 'Give the object that createProvider returns all eight functions; see docs/migrating-edge-manager.md.',
  }),
  'cloud-provider.none': { todo: 'Set CloudProvider to Aws or Custom if data should leave the device.' },
  'cloud-provider.not-loaded': entry<{ readonly path: string }>({
    todo: 'Correct CloudProviderPath: an absolute path of a JavaScript module that can be read and that exports createProvider.',
  }),
  'cloud-provider.unsafe': entry<{ readonly path: string }>({
    todo: 'Let only its owner write the module and its folder (chmod go-w): the agent runs it with its own rights.',
  }),
  'config.refuses-models': entry<{
    readonly models: readonly { readonly alias: string; readonly version: string; readonly code: string }[];
  }>({
    status: 409,
    todo: 'Deploy versions that the new configuration allows first, then the configuration. If the models must go at once, deploy it with PolicyChange "retire"; with "report" they serve until the next start.',
  }),
  'device.not-registered': { todo: 'Register the device with its fleet again. Captures on the disk wait until then.' },
  'edge-manager.alias-invalid': {
    status: 400,
    todo: 'Name models with letters and digits, with "-" between them: ^[a-zA-Z0-9](-*[a-zA-Z0-9])*$, 128 at most.',
  },
  'edge-manager.already-loaded': entry<{ readonly alias: string }>({
    status: 409,
    todo: 'Use the model as it is, or unload it first (UnLoadModel).',
  }),
  'edge-manager.deployed-model': entry<{ readonly alias: string }>({
    status: 412,
    todo: 'The model belongs to a Greengrass component. Remove or replace the component; a client may load the model under another name.',
  }),
  'edge-manager.no-name': { status: 400, todo: 'Name the model by `name` or `handle`.' },
  'edge-manager.not-loaded': entry<{ readonly alias: string }>({
    status: 404,
    todo: 'Load the model first (LoadModel); ListModels shows what is loaded.',
  }),
  'edge-manager.socket-exists': entry<{ readonly path: string }>({
    todo: 'Another agent may be running. Remove the file, or start with -f to have it removed.',
  }),
  'edge-manager.socket-unsupported': {
    todo: 'Set EdgeManager to "off" on this platform: its clients reach the agent by a Unix socket only.',
  },
  'edge-manager.tensor-invalid': {
    status: 400,
    todo: 'Send the tensors that DescribeModel lists: names, data types, shapes, and as many bytes as those take.',
  },
  'gallery.full': entry<{ readonly alias: string; readonly maxVectors: number }>({
    status: 507,
    todo: 'Delete names that are not needed any more: POST /v1/models/{alias}/gallery/{name}/delete.',
  }),
  'gallery.model-changed': entry<{ readonly alias: string }>({
    status: 409,
    todo: 'Send the picture again: the new model enrolls it.',
  }),
  'gallery.name-unknown': entry<{ readonly alias: string; readonly name: string }>({
    status: 404,
    todo: 'Use a name that GET /v1/models/{alias}/gallery lists.',
  }),
  'gallery.not-embedding': entry<{ readonly alias: string; readonly task: string }>({
    status: 409,
    todo: 'Enroll pictures for an alias whose model is of the task embedding; GET /v1/models tells the task of each.',
  }),
  'http.administration-only': entry<{ readonly socket: string }>({
    status: 403,
    todo: 'Send the request to the administration socket, which is open to the user of the agent, and to its group if AdminSocketMode says 660.',
  }),
  'http.algo-type': entry<{ readonly service: string; readonly asked: string; readonly given: string }>({
    status: 404,
    todo: 'Use the AlgoType of the model that answers the service (image-classification or object-detection), or another service.',
  }),
  'http.answer-too-large': entry<{ readonly bytes: number; readonly allowed: number }>({
    status: 507,
    todo: 'Let the model give less, or ask by Open Inference Protocol for outputs as binary data (`binary_data_output`, or gRPC), which may have 1 GiB.',
  }),
  'http.bad-request': { status: 400, todo: 'Correct what the message names.' },
  'http.body-incomplete': { status: 400, todo: 'Send as many bytes as Content-Length says.' },
  'http.body-too-large': entry<{ readonly bytes: number; readonly maxBytes: number }>({
    status: 413,
    todo: 'Send a smaller body, or raise MaxImageMB of the agent.',
  }),
  'http.content-type': entry<{ readonly contentType: string | undefined }>({
    status: 415,
    todo: 'Send the bytes of the image as the body, with Content-Type image/jpeg or image/png (curl: -H "Content-Type: image/jpeg" --data-binary @FILE).',
  }),
  'http.messages-broken': {
    status: 400,
    todo: 'Send messages as docs/reference/inference-messages.md describes them: two lengths, a head in JSON with an id of its own, the blob. Open a new connection.',
  },
  'http.method-not-allowed': entry<{ readonly path: string; readonly allow: string }>({
    status: 405,
    todo: 'Use the method that the Allow header names.',
  }),
  'http.no-route': entry<{ readonly path: string }>({
    status: 404,
    todo: 'On agent.sock use POST /v1/services/{service}/invoke, on admin.sock POST /v1/models/activate, POST /v1/models/{alias}/retire or POST /v1/models/{alias}/rollback, on both GET /v1/models, GET /healthz, GET /metrics or GET /openapi.json, which describes them all.',
  }),
  'http.no-v1-form': entry<{ readonly service: string }>({
    status: 406,
    todo: 'Leave out format=v1: only classifications and detections had a form in Greengrass V1, and only numbers can be written in it.',
  }),
  'http.upgrade-required': {
    status: 426,
    todo: 'Ask by HTTP, POST /v1/services/{service}/invoke, or begin a connection with the request that docs/reference/inference-messages.md shows.',
  },
  'input.kills-model': entry<{
    readonly sha256: string;
    readonly bytes: number;
    readonly deaths: number;
    readonly since: string;
  }>({
    status: 422,
    todo: "Look at the input, which `killer-inputs/` of the agent's work folder holds under its hash if KeepKillerInputs allows, and deploy a version of the model that lives with it.",
  }),
  'instance.busy': { status: 503, todo: 'All workers of the model are busy. Repeat the request.' },
  'instance.ended': { status: 503, todo: 'The model was being taken out of service. Repeat the request.' },
  'instance.memory-exceeded': entry<{ readonly limitKb: number; readonly usedKb: number }>({
    status: 507,
    todo: 'Raise LocalInferenceServiceMemoryLimitKB of the service, or use a smaller model. No other model was touched.',
  }),
  'instance.start-failed': {
    status: 500,
    todo: 'Read the cause in the message. `Cannot find module` means that edgeml.Runtime is not installed or NODE_PATH does not name its `node_modules`.',
  },
  'instance.start-timeout': entry<{ readonly loadTimeoutMs: number }>({
    status: 504,
    todo: 'The model did not load in time. Raise LoadTimeoutSeconds of the agent, or use a smaller model.',
  }),
  'instance.too-many': entry<{ readonly running: number; readonly most: number }>({
    status: 503,
    todo: 'Retire models that are not used, lower Workers, or raise MaxModelProcesses. A service whose process ended gets it back once there is room.',
  }),
  'instance.worker-crashed': {
    status: 503,
    todo: 'Repeat the request: a fresh worker is being started. If it happens again for the same image, report the image and the log.',
  },
  'instance.worker-killed': {
    status: 503,
    todo: 'Repeat the request. Find out who sends SIGKILL to processes of the component: an operator, a watchdog, a script.',
  },
  'instance.worker-lost': {
    status: 503,
    todo: 'Repeat the request: it waited in a process that another request brought down.',
  },
  'instance.worker-stuck': entry<{ readonly stuckAfterMs: number }>({
    status: 503,
    todo: 'The model ran far beyond its time-out and its worker was replaced. Use a smaller model, or raise LocalInferenceServiceTimeoutSeconds.',
  }),
  'invoke.bad-request': {
    status: 400,
    todo: 'Publish {id, replyTo, contentType?, and either path or body (base64)} as JSON on edgeml/invoke/<service>.',
  },
  'invoke.file-unreadable': {
    status: 400,
    todo: "Give the absolute path of a file that the agent's user can read, and write it completely before asking.",
  },
  'invoke.folder-not-allowed': entry<{ readonly path: string; readonly folders: readonly string[] }>({
    status: 403,
    todo: 'Send the bytes of the image, or add its folder to ImageFolders of edgeml.InferenceAgent. A path is absolute and begins with the folder as it is written there.',
  }),
  'lookout.bitmap-invalid': {
    status: 400,
    todo: 'Send width, height and RGB888: three bytes for each pixel, rows without padding or padded to four bytes, sides of 64 to 4096 pixels.',
  },
  'lookout.memory-unusable': {
    status: 400,
    todo: 'Give the name of shm_open, with offset and size within the segment, of one that belongs to the user of the program that calls; or send byte_data.',
  },
  'lookout.not-found': {
    status: 404,
    todo: 'Deploy a model of the task "anomaly", or map the name that the program uses to one: Services/<name>/Model of edgeml.InferenceAgent.',
  },
  'lookout.wrong-state': {
    status: 412,
    todo: 'Ask DescribeModel for the status, and call StartModel or StopModel as it says.',
  },
  'model-command.agent-absent': {
    todo: 'Deploy edgeml.InferenceAgent, or read in its log why it does not start; EDGEML_ADMIN_SOCKET must name its administration socket.',
  },
  'model-command.usage': {
    todo: 'model.js activate <package> [--alias NAME] [--timeout SECONDS] | model.js serve <package> [--alias NAME] | model.js retire <alias> [<package>]',
  },
  'model.activation-timeout': entry<{ readonly phase: string; readonly loadTimeoutMs: number }>({
    status: 504,
    todo: 'Look at what the message names: a slow disk, a large package, a slow model. Raise LoadTimeoutSeconds of the agent if the device needs longer.',
  }),
  'model.alias-invalid': {
    status: 400,
    todo: 'Use letters and digits, with "-", "_" or "." between them, 128 at most.',
  },
  'model.below-minimum': entry<{ readonly alias: string; readonly version: string; readonly minimum: string }>({
    status: 422,
    todo: 'Deploy a version that is not below the minimum. To go back on purpose, give the alias its own minimum in MinimumVersions of the agent, e.g. "0.0.0".',
  }),
  'model.golden-missing': entry<{ readonly alias: string }>({
    status: 422,
    todo: 'Add golden inputs to the package (edgeml package --golden IMAGE), or set GoldenPolicy of the agent to "warn".',
  }),
  'model.no-memory': entry<{ readonly needKB: number; readonly workers: number; readonly freeKB: number }>({
    status: 507,
    todo: 'Free memory on the device, lower Workers, or use a smaller model or variant.',
  }),
  'model.no-previous': {
    status: 409,
    todo: 'A rollback needs a package that was active before under this alias and that the store still holds (StoreMaxMB).',
  },
  'model.not-active': entry<{ readonly alias: string; readonly active: readonly string[] }>({
    status: 404,
    todo: 'GET /v1/models lists the aliases that are active.',
  }),
  'model.not-found': entry<{
    readonly service: string;
    readonly reason: 'no-model';
    readonly alias: string;
    readonly active: readonly string[];
  }>({
    status: 404,
    todo: 'Deploy a model component whose package has this name, e.g. edgeml.model.<Name>; GET /v1/models lists what is active.',
  }),
  'model.over-memory-limit': entry<{ readonly needKB: number; readonly workers: number; readonly limitKB: number }>({
    status: 507,
    todo: 'Raise LocalInferenceServiceMemoryLimitKB of the service, lower Workers, or use a smaller model or variant.',
  }),
  'model.quarantined': entry<{
    readonly alias: string;
    readonly name: string;
    readonly version: string;
    readonly hash: string;
    readonly reason: string;
    readonly deaths: number;
    readonly since: string;
  }>({
    status: 503,
    todo: 'Deploy another version of the model, which lifts the quarantine; the log has what its processes said before they died.',
  }),
  'model.superseded': {
    status: 409,
    todo: 'Nothing: the agent is ending, or the client hung up before the model was ready.',
  },
  'open-inference.listener': entry<{ readonly setting: string }>({
    todo: 'Correct the settings OpenInferenceListener of edgeml.InferenceAgent; everything else continues without the listener.',
  }),
  'open-inference.model-unknown': {
    status: 404,
    todo: 'Ask for a model, and a version, that POST /v2/repository/index names.',
  },
  'open-inference.path-missing': { status: 400, todo: 'Give the folder of the model package as the parameter "path".' },
  'open-inference.sequence-unknown': {
    status: 409,
    todo: 'Start the sequence again with sequence_start: true; a new version of a model starts with a new state.',
  },
  'open-inference.tensor-invalid': {
    status: 400,
    todo: 'Send tensors with the names, datatypes and shapes that GET /v2/models/{model} lists.',
  },
  'open-inference.unauthenticated': {
    status: 401,
    todo: 'Send the token of the listener as "Authorization: Bearer …" (gRPC: metadata "authorization").',
  },
  'provider.unknown': entry<{ readonly provider: string; readonly known: readonly string[] }>({
    status: 400,
    todo: 'Correct Providers in the configuration of edgeml.InferenceAgent, or EDGEML_PROVIDERS in its recipe.',
  }),
  'runtime.changed': entry<{ readonly folder: string; readonly files: readonly string[] }>({
    todo: 'Deploy edgeml.Runtime again, and find out who wrote into its folder: native code that is not that of the build can do whatever the agent may.',
  }),
  'shared-memory.denied': entry<{ readonly segmentId: number }>({
    status: 403,
    todo: "Let the agent's user read the segment: the same user, or its group with mode 0440.",
  }),
  'shared-memory.not-found': entry<{ readonly segmentId: number; readonly errno: number }>({
    status: 400,
    todo: 'Give the id that shmget returned, of a segment that still exists and that the agent sees (same IPC namespace).',
  }),
  'shared-memory.out-of-range': entry<{
    readonly segmentId: number;
    readonly bytes: number;
    readonly offset: number;
    readonly asked: number;
  }>({
    status: 400,
    todo: 'Offset and size must lie within the segment. A size of 0 follows from shape and data type.',
  }),
  'shared-memory.unsupported': {
    status: 501,
    todo: 'Send the tensor as byte_data. Shared memory needs Linux and the package koffi, which edgeml.Runtime carries.',
  },
  'shared-memory.writable': entry<{ readonly segmentId: number; readonly mode: string }>({
    status: 400,
    todo: 'Take the write permission from everybody, e.g. mode 0400 or 0440 (shmctl IPC_SET), before the segment is handed over.',
  }),
  'store.corrupt': entry<{ readonly alias: string; readonly hash: string }>({
    status: 500,
    todo: 'The stored package was changed on disk and is not served. Deploy the model component again; check the disk if it happens again.',
  }),
  'store.full': entry<
    | { readonly bytes: number; readonly used: number; readonly maxBytes: number }
    | { readonly bytes: number; readonly free: number; readonly minFreeBytes: number }
  >({
    status: 507,
    todo: 'Make room on the disk, or raise StoreMaxMB (or lower MinFreeDiskMB) of the agent; models given as archives cannot do without the store.',
  }),
  'store.state-unreadable': entry<{ readonly alias: string; readonly file: string }>({
    status: 500,
    todo: 'The record of what was active cannot be read. Deploy the model component again; check the disk if it happens again.',
  }),
  'store.write-failed': { status: 507, todo: "Check space and permissions of the agent's work folder." },
});
