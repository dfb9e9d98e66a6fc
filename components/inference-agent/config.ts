import { isAbsolute } from 'node:path';
import semver from 'semver';
import * as z from 'zod';
import { parsePublicKey, PROVIDERS, SIGNATURE_POLICIES } from '#packages/model-package';
import {
  booleanSetting,
  choiceSetting,
  integerSetting,
  mapSetting,
  numberSetting,
  section,
  textListSetting,
  textSetting,
} from '#packages/foundation';
import type { DeepReadonly } from '#packages/foundation';
import { endpointProblem } from '#packages/object-store';
import { clientKeys } from './edge-manager/client-keys.ts';
import { edgeManagerKeys, fleetKeys } from './settings/edge-manager-keys.ts';

const NAME = /^[A-Za-z0-9](?:[-_.]*[A-Za-z0-9]){0,127}$/;
const NAME_MEANING = 'letters and digits, with "-", "_" or "." between them, 128 at most';

const FEEDBACK_ID = /^$|^[a-zA-Z0-9][a-zA-Z0-9-]{1,62}$/;
const FEEDBACK_ID_MEANING = '2 to 63 letters, digits and "-", not beginning with "-", or ""';

/** Settings that hold for every service and that a service may set for itself. */
const perService = {
  LocalInferenceServiceTimeoutSeconds: integerSetting({ min: 1, max: 3_600 }),
  LocalInferenceServiceMemoryLimitKB: integerSetting({ min: 0 }),
  QueueLength: integerSetting({ min: 1, max: 10_000 }),
  AnomalySensitivity: numberSetting({ min: 0, max: 1 }),
  Workers: integerSetting({ min: 0, max: 64 }),
  IntraOpThreads: integerSetting({ min: 0, max: 64 }),
  Providers: textListSetting().refine(
    (words) => words.every((word) => isProvider(word)),
    `known execution providers are ${PROVIDERS.join(', ')}`,
  ),
  RequireProvider: booleanSetting(),
  MaxLatencyMs: integerSetting({ min: 0 }),
  Isolation: choiceSetting(['process', 'thread']),
  Niceness: integerSetting({ min: 0, max: 19 }),
  CpuShare: integerSetting({ min: 0, max: 6_400 }),
  SpareInstance: booleanSetting(),
  KeepKillerInputs: booleanSetting(),
  ChallengerShare: numberSetting({ min: 0, max: 100 }),
  ChallengerCpuShare: numberSetting({ min: 1, max: 6_400 }),
};

const serviceSettings = section({
  Model: textSetting({ pattern: NAME, meaning: NAME_MEANING })
    .optional()
    .describe('Alias of the model that answers this service; default: the name of the service.'),
  LocalInferenceServiceTimeoutSeconds: perService.LocalInferenceServiceTimeoutSeconds.optional(),
  LocalInferenceServiceMemoryLimitKB: perService.LocalInferenceServiceMemoryLimitKB.optional(),
  QueueLength: perService.QueueLength.optional(),
  AnomalySensitivity: perService.AnomalySensitivity.optional(),
  Workers: perService.Workers.optional(),
  IntraOpThreads: perService.IntraOpThreads.optional(),
  Providers: perService.Providers.optional(),
  RequireProvider: perService.RequireProvider.optional(),
  MaxLatencyMs: perService.MaxLatencyMs.optional(),
  Isolation: perService.Isolation.optional(),
  Niceness: perService.Niceness.optional(),
  CpuShare: perService.CpuShare.optional(),
  SpareInstance: perService.SpareInstance.optional(),
  KeepKillerInputs: perService.KeepKillerInputs.optional(),
  ChallengerShare: perService.ChallengerShare.optional(),
  ChallengerCpuShare: perService.ChallengerCpuShare.optional(),
  ChallengerFeedbackConfigId: textSetting({ pattern: FEEDBACK_ID, meaning: FEEDBACK_ID_MEANING })
    .optional()
    .describe(
      'ConfigId of edgeml.FeedbackUploader that pictures are given to on which the model of the service and its challenger differ; its strategy is `DISAGREEMENT`, or any other. Empty: none are.',
    ),
  MLFeedbackConnectorConfigId: textSetting({ pattern: FEEDBACK_ID, meaning: FEEDBACK_ID_MEANING })
    .optional()
    .describe(
      'ConfigId of edgeml.FeedbackUploader that every inference is given to which a program asks for in the form of Greengrass V1 (format=v1, the clients of docs/migrating-v1.md); empty: none is.',
    ),
});

/** Descriptors beside the connections of the inference socket: other sockets, and some ten files for each process of a model. */
const OTHER_FILES = 384;

/** Configuration of `edgeml.InferenceAgent`. The recipe's defaults and docs/configuration.md are generated from it. */
export const agentConfiguration = z
  .object({
    LogLevel: choiceSetting(['debug', 'info', 'warn', 'error'])
      .default('info')
      .describe('Lowest level of the lines that are logged.'),
    CloudCheckSeconds: integerSetting({ min: 0, max: 86_400 })
      .default(45)
      .describe(
        'How often the agent finds out whether AWS IoT Core can be reached, with CloudProvider `Aws`: a message of 150 bytes and MQTT quality 0 on `edgeml/{thing}/events`, 58,000 a month. 0: never, so that only heartbeats and results tell.',
      ),
    LogFile: textSetting()
      .default('')
      .describe(
        'File to which the log goes too, relative to the work folder of the component; 20 MB at most in two files. Empty: none. A change takes effect at the next start.',
      ),
    AdminSocketMode: choiceSetting(['600', '660'])
      .default('600')
      .describe(
        "Permissions of the administration socket: `600` for the agent's user, as which the model components run too; `660` for its group as well. A change takes effect at the next start.",
      ),
    SocketFolder: textSetting()
      .refine((path) => path === '' || isAbsolute(path), 'must be an absolute path, or "" for none')
      .default('')
      .describe(
        'Folder in which both sockets lie a second time, for programs of other users: no other user can enter the work folder, which the nucleus makes 0700. It is made with mode 2750 if it is not there. Empty: none. A change takes effect at the next start.',
      ),
    WorkFolderMode: choiceSetting(['700', '710'])
      .default('700')
      .describe(
        '`710` lets members of the group of the work folder reach the socket and the scripts in it: for an application or models that run as another user (`posixUser`) of this group. They cannot list it. Set it before those components are deployed.',
      ),
    MaxConnections: integerSetting({ min: 1, max: 65_536 })
      .default(512)
      .describe(
        'Requests that may be open at once on the inference socket. 16 connections more are for health and metrics, and the administration socket has its own; beyond that, the client that has kept the agent waiting for longest gives up its place.',
      ),
    MaxOpenFiles: integerSetting({ min: 512, max: 1_048_576 })
      .default(4_096)
      .describe(
        "Files, sockets and pipes that the agent, and each model's process, may have open at once, on Linux; at least MaxConnections and 384 more. A change takes effect at the next start.",
      ),
    MaxModelProcesses: integerSetting({ min: 1, max: 1_024 })
      .default(64)
      .describe(
        'Processes of all models together, spares and challengers included (with Isolation `thread` its threads count as well). An activation that needs more is refused.',
      ),
    MinUploadKBps: integerSetting({ min: 0, max: 1_048_576 })
      .default(16)
      .describe('A request that brings less than this, in kB a second over some 3 s, is ended with 408; 0: none is.'),

    OpenInferenceListener: section({
      Port: integerSetting({ min: 0, max: 65_535 })
        .default(0)
        .describe('TCP port for Open Inference Protocol v2, HTTP and gRPC on the same one; 0: none.'),
      Host: textSetting().default('127.0.0.1').describe('Address on which it listens.'),
      TokenFile: textSetting()
        .default('')
        .describe(
          'File with the token that clients send as `Authorization: Bearer …`, at least 16 characters. Required.',
        ),
      CertificateFile: textSetting()
        .default('')
        .describe('PEM file with the certificate and its chain. Required on every address but the loopback.'),
      KeyFile: textSetting().default('').describe('PEM file with the private key of the certificate.'),
    }).describe(
      'Open Inference Protocol over TCP, for programs outside of the device. On the sockets it is always there. A change takes effect at the next start.',
    ),

    LocalInferenceServiceTimeoutSeconds: perService.LocalInferenceServiceTimeoutSeconds.default(10).describe(
      'A request without an answer after this many seconds fails. A request may ask for less.',
    ),
    LocalInferenceServiceMemoryLimitKB: perService.LocalInferenceServiceMemoryLimitKB.default(0).describe(
      'A model whose estimated need is larger is refused before it is loaded, in KB; 0 leaves only the free memory of the device as bound.',
    ),
    QueueLength: perService.QueueLength.default(64).describe(
      'Requests of one service that may wait; one more is answered at once with 503 and Retry-After.',
    ),
    AnomalySensitivity: perService.AnomalySensitivity.default(0.5).describe(
      'How readily models of the task `anomaly` call a picture anomalous: they do if it scores more than 1 less this. 0.5 is the threshold that training found.',
    ),
    Workers: perService.Workers.default(0).describe(
      'Threads that run one model side by side, each with its own copy in memory; 0: cores divided by IntraOpThreads. If they are fewer than the cores, each has a second thread that decodes the next image while the model runs.',
    ),
    IntraOpThreads: perService.IntraOpThreads.default(0).describe(
      'Cores that work on one image together; 0: as many as pay off when the model is activated, 4 at most. More cores pay off if they save as large a part of the time as they add in CPU time.',
    ),
    Providers: perService.Providers.default([]).describe(
      'Ladder of execution providers (hailo, rknn, tensorrt, cuda, webgpu, openvino, qnn, cpu, wasm), the first that works is taken; empty: the ladder of the platform.',
    ),
    RequireProvider: perService.RequireProvider.default(false).describe(
      'Whether a model is refused if the first provider of the ladder does not work, in place of stepping down.',
    ),
    MaxLatencyMs: perService.MaxLatencyMs.default(0).describe(
      "A model is refused when the fastest of its golden runs takes longer, in milliseconds; 0: only the package's own bound holds.",
    ),
    Isolation: perService.Isolation.default('process').describe(
      '`process`: each model runs in its own processes, and whatever it does, the agent and the other models go on. `thread`: in threads of the agent, for devices where 25 MB for each model count; a native fault of one model then ends all of them.',
    ),
    Niceness: perService.Niceness.default(0).describe(
      "How far the model's processes stand back when others want the CPU: 0 is as everybody, 19 is last. While it is loaded and tested a model stands back in any case, as far as the system lets it come forward again; `limits` of `GET /v1/models` says by what.",
    ),
    CpuShare: perService.CpuShare.default(0).describe(
      'CPU time that each process of the model gets at most, in percent of one core: 50 is half a core, 200 two cores; 0: no bound. Needs a control group of version 2 that is delegated to the agent (`Delegate=yes` of its unit); `limits` of `GET /v1/models` says if it holds.',
    ),
    SpareInstance: perService.SpareInstance.default(false).describe(
      'Whether one more process of the model is kept loaded, which takes over at once when one that serves is lost. Takes the memory of one more worker.',
    ),
    KeepKillerInputs: perService.KeepKillerInputs.default(true).describe(
      'Whether an input that ended a process of the model is kept in `killer-inputs/` of the work folder, for the developer; 32 inputs and 64 MB at most. Without, only its hash is.',
    ),
    ChallengerShare: perService.ChallengerShare.default(10).describe(
      'Percent of the pictures of a service that its challenger gets. A challenger runs beside the model that serves; its answers are compared and not returned. It gets a picture only while no request waits and its CPU share lasts. 0: none.',
    ),
    ChallengerCpuShare: perService.ChallengerCpuShare.default(25).describe(
      'CPU time that a challenger takes at most, in percent of one core; it runs at the lowest priority in any case.',
    ),
    Spinning: booleanSetting()
      .default(false)
      .describe(
        'Whether idle threads of ONNX Runtime spin: up to 10 % faster, half again the CPU under load with gaps.',
      ),
    ImageFolders: folderList()
      .default([])
      .describe(
        'Folders below which requests on agent.sock of the work folder may name an image file by its path in place of sending its bytes, absolute paths. A program that may ask for an inference can then have every image in them looked at, so name folders of images only. Links inside of them are not followed.',
      ),
    MaxImageMegapixels: integerSetting({ min: 1, max: 1_000 })
      .default(50)
      .describe(
        'Images with more pixels are refused before they are decoded, in millions; 50 million pixels take 150 MB. Steps of model.json may not make larger pictures either.',
      ),
    SocketFolderImageFolders: folderList()
      .default([])
      .describe('The same for requests on agent.sock of SocketFolder, which other users of the device may send.'),
    IpcImageFolders: folderList()
      .optional()
      .describe('The same for requests over Greengrass IPC, which other components send. Default: ImageFolders.'),
    MaxConcurrentRuns: integerSetting({ min: 0, max: 256 })
      .default(0)
      .describe(
        "Images of all services together that are worked on at once; 0: the number of cores. The workers' time is shared equally, and a service of which nothing runs need not wait for the others.",
      ),

    Services: mapSetting(serviceSettings, z.string().regex(NAME, NAME_MEANING))
      .default({})
      .describe('Settings of single services by name; what a service leaves out holds as above.'),

    SignaturePolicy: choiceSetting(SIGNATURE_POLICIES)
      .default('warn')
      .describe(
        '`require`: only packages signed by a trusted key. `warn`: unsigned packages and unknown keys are taken with a warning, damaged ones refused. `off`: signatures are not looked at.',
      ),
    TrustedKeys: mapSetting(
      textSetting().refine(
        isPublicKey,
        'is not a public key: give Ed25519 as 32 bytes in base64, or Ed25519 or ECDSA P-256 as PEM or base64 of its DER',
      ),
    )
      .default({})
      .describe(
        'Public keys by key id: Ed25519 as 32 bytes in base64; Ed25519 and ECDSA P-256 as PEM or base64 of the DER.',
      ),
    TrustedKeysFolder: textSetting()
      .default('')
      .describe(
        'Folder with more of them, `<key id>.pem` each, read at every check; it and its files must not be writable by group or others. Empty: none.',
      ),
    RevokedKeys: textListSetting()
      .default([])
      .describe(
        'Ids or fingerprints of keys that count no more, wherever else they are named. Packages signed by one are refused, under `warn` too.',
      ),
    MinimumVersions: mapSetting(
      textSetting().refine((text) => semver.valid(text) !== null, 'is not a semantic version: give e.g. "1.2.0"'),
      z.string().regex(NAME, NAME_MEANING),
    )
      .default({})
      .describe(
        'Lowest version by alias that may serve, e.g. {"PartsDetector": "1.2.0"}; rollbacks are held to it too. It takes the place of what signed packages have said of the alias (edgeml sign --minimum-version), also a lower one: "0.0.0" allows any.',
      ),
    PolicyChange: choiceSetting(['refuse', 'retire', 'report'])
      .default('refuse')
      .describe(
        'Reaction to a configuration under which serving models would be refused (SignaturePolicy, TrustedKeys, RevokedKeys, MinimumVersions, GoldenPolicy). `refuse`: it is refused with their names. `retire`: it is taken, and they end at once. `report`: it is taken, and they serve until the next start. When keys vanish from TrustedKeysFolder, `refuse` does as `report`.',
      ),
    GoldenPolicy: choiceSetting(['require', 'warn', 'off'])
      .default('warn')
      .describe(
        '`require`: packages without golden inputs are refused. `warn`: they are taken with a warning. `off`: golden inputs are not run.',
      ),

    Drift: section({
      Enabled: booleanSetting()
        .default(true)
        .describe('Looks for drift in services whose model has a baseline. `false`: pictures are not measured.'),
      WindowHours: integerSetting({ min: 2, max: 720 })
        .default(24)
        .describe(
          'Length of the window whose distributions are compared with the baseline. Shorter than a day, night and day are each taken for drift unless the baseline is of that hour too.',
        ),
      CheckMinutes: integerSetting({ min: 1, max: 60 })
        .default(10)
        .describe(
          'How often the pictures themselves are judged: three times in a row dark, bright, blocked, blurred or of another view is drift.',
        ),
      MinImages: integerSetting({ min: 50, max: 3_000 })
        .default(500)
        .describe(
          'A window with fewer pictures is not compared. At most 3,000 of a window are counted, evenly over its time.',
        ),
      PsiThreshold: numberSetting({ min: 0.02, max: 10 })
        .default(0.25)
        .describe('Population stability index from which a number (brightness, scores, sizes, …) has drifted.'),
      JensenShannonThreshold: numberSetting({ min: 0.005, max: 1 })
        .default(0.05)
        .describe(
          'Jensen-Shannon divergence in bits from which the classes, or the scores of one class, have drifted.',
        ),
    }).describe(
      'The search for drift, see docs/drift.md: events `model.drifting` and `model.drift-ended`, metrics, heartbeats, `GET /v1/models`.',
    ),

    RetireGraceSeconds: integerSetting({ min: 0, max: 86_400 })
      .default(60)
      .describe(
        'A retired model serves on for at least this long, also after each failed attempt of a successor. As long as any version of its component is installed it does not end without a successor.',
      ),
    LoadTimeoutSeconds: integerSetting({ min: 1, max: 3_600 })
      .default(120)
      .describe(
        'Reading, unpacking, verifying, storing, loading, warming up and testing a model take this long together at most; else it is refused, and the error names what it was doing. The wait while another model loads does not count.',
      ),
    MaxImageMB: integerSetting({ min: 1, max: 1_024 }).default(32).describe('Larger request bodies are refused.'),
    MaxBufferedMB: integerSetting({ min: 1, max: 4_096 })
      .default(128)
      .describe(
        'Bodies of all open requests together, as far as they have come. If there is no more room, a body that has stood still for half a second gives way, else the newest is answered with 503 and Retry-After.',
      ),
    FrameMemoryMB: integerSetting({ min: 0, max: 65_536 })
      .default(0)
      .describe(
        'Shared memory (tmpfs at /dev/shm) for the frames of all cameras together, which applications lease for their streams; 0: the least of 128 MB, a tenth of RAM, and half of what the tmpfs has free. A stream for which nothing is left sends its frames over the socket, which costs more CPU.',
      ),
    MaxPackageMB: integerSetting({ min: 1, max: 65_536 }).default(2_048).describe('Larger model packages are refused.'),
    StoreMaxMB: integerSetting({ min: 0, max: 1_048_576 })
      .default(1_024)
      .describe('Bytes of the last known good packages, for restart and rollback; the oldest go first. 0 keeps none.'),
    MinFreeDiskMB: integerSetting({ min: 0, max: 1_048_576 })
      .default(64)
      .describe('No package is copied into the store when less than this would stay free on the disk.'),

    ...clientKeys,
    ...edgeManagerKeys,
    // The old path, in /tmp, comes with edgeml.EdgeManager, whose users have clients that know it.
    UnixSocketName: textSetting()
      .default('edge-manager.sock')
      .describe(
        'Socket on which clients of Edge Manager find the agent, absolute or relative to the work folder of the component, which no other user can enter; empty: not served. edgeml.EdgeManager sets it to the path of the old agent, /tmp/aws.greengrass.SageMakerEdgeManager.sock.',
      ),
    ...fleetKeys,
    LookoutVisionSocket: textSetting()
      .default('')
      .describe(
        "Socket on which clients of Lookout for Vision's edge agent find models of the task `anomaly`, absolute or relative to the work folder of the component; the old agent had /tmp/aws.iot.lookoutvision.EdgeAgent.sock. UnixSocketMode and MaxMessageMB hold for it too. Empty: not served.",
      ),
  })
  .superRefine((settings, context) => {
    const { CaptureDataBatchSize: batch, CaptureDataBufferSize: buffer } = settings;
    if (batch > buffer) {
      const message = `may not be more than CaptureDataBufferSize, which is ${buffer}`;
      context.addIssue({ code: 'custom', path: ['CaptureDataBatchSize'], message, input: batch });
    }
    const { MaxConnections: connections, MaxOpenFiles: files } = settings;
    if (files < connections + OTHER_FILES) {
      const message = `must be at least ${connections + OTHER_FILES} with a MaxConnections of ${connections}`;
      context.addIssue({ code: 'custom', path: ['MaxOpenFiles'], message, input: files });
    }
    const endpoint = endpointProblem(settings);
    if (endpoint) {
      const input = settings.S3Endpoint;
      context.addIssue({ code: 'custom', path: ['S3Endpoint'], message: endpoint, input });
    }
    if (settings.CloudProvider === 'Custom' && !isAbsolute(settings.CloudProviderPath)) {
      const message = 'must be an absolute path where CloudProvider is Custom';
      context.addIssue({ code: 'custom', path: ['CloudProviderPath'], message, input: settings.CloudProviderPath });
    }
  });

export type AgentConfiguration = DeepReadonly<z.output<typeof agentConfiguration>>;

function isProvider(word: string): boolean {
  return PROVIDERS.some((known) => known === word.trim().toLowerCase());
}

function isPublicKey(text: string): boolean {
  try {
    parsePublicKey(text);
    return true;
  } catch {
    return false;
  }
}

function folderList() {
  return textListSetting().refine((folders) => folders.every((folder) => isAbsolute(folder)), 'must be absolute paths');
}
