import { fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';

import { Server, ServerCredentials } from '@grpc/grpc-js';

import { agentService } from '../../components/inference-agent/edge-manager/server/agent-service.ts';
import { EdgeClient } from '../../testing/edge-manager/client.ts';

export interface BareGrpc {
  call(tensor: object): Promise<unknown>;
  stop(): Promise<void>;
}

/** A gRPC server in its own process that takes Predict and answers nothing: what gRPC itself costs. */
export async function startBareGrpc(socketPath: string): Promise<BareGrpc> {
  const child = fork(fileURLToPath(import.meta.url), [socketPath], { execArgv: ['--import', 'tsx'] });
  await once(child, 'message');
  const client = new EdgeClient(`unix://${socketPath}`, '2021');
  return {
    call: (tensor) => client.call('Predict', { name: 'bare', tensors: [tensor] }),
    async stop() {
      client.close();
      const exit = once(child, 'exit');
      child.kill();
      await exit;
    },
  };
}

if (process.send) {
  const server = new Server({ 'grpc.max_receive_message_length': -1 });
  server.addService(agentService(), {
    Predict: (_call: unknown, answer: (error: null, response: object) => void) => answer(null, { tensors: [] }),
  });
  server.bindAsync(`unix://${process.argv[2]}`, ServerCredentials.createInsecure(), () => process.send?.('ready'));
}
