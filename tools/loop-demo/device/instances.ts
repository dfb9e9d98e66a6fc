import path from 'node:path';
import { childEnvironment, silentLogger } from '#packages/foundation';
import type { Clock } from '#packages/foundation';
import { BufferPool } from '../../../components/inference-agent/buffers/buffer-pool.ts';
import type { OpenInstance } from '../../../components/inference-agent/instance/model-instance.ts';
import { InstanceGroups } from '../../../components/inference-agent/instance/process/instance-groups.ts';
import { processExecutors } from '../../../components/inference-agent/instance/process/model-process.ts';
import { ThreadRegister } from '../../../components/inference-agent/instance/thread/thread-register.ts';
import { threadExecutors } from '../../../components/inference-agent/instance/thread/worker-thread.ts';
import { workerInstances } from '../../../components/inference-agent/instance/worker-instance.ts';
import { KillerInputs } from '../../../components/inference-agent/killer-inputs/killer-inputs.ts';
import { componentBundle } from '../../../testing/process/start-component.ts';
import { PROJECT } from '../../bundle/project.ts';

/** The program that runs a model, bundled once for all devices as on a device that shares one runtime. */
export async function bundledWorker(folder: string): Promise<string> {
  const [worker = ''] = await Promise.all(
    ['instance-worker', 'instance/serve-model'].map((name) => componentBundle('inference-agent', name, folder)),
  );
  return worker;
}

/** Models in processes of their own, as every agent has them. */
export async function deviceInstances(
  worker: string,
  workFolder: string,
  clock: Clock,
): Promise<{ readonly openInstance: OpenInstance; readonly buffers: BufferPool }> {
  const buffers = new BufferPool();
  const killers = new KillerInputs({ folder: path.join(workFolder, 'killer-inputs'), clock, log: silentLogger });
  await killers.open();
  const environment = { ...childEnvironment(), NODE_PATH: path.join(PROJECT, 'node_modules') };
  const executors = {
    process: processExecutors({ file: worker, environment, groups: InstanceGroups.open() }),
    thread: threadExecutors({ file: worker, buffers, threads: new ThreadRegister() }),
  };
  return { buffers, openInstance: workerInstances({ clock, buffers, killers, executors }) };
}
