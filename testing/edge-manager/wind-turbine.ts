import { EdgeClient, floatsOf, tensorOf } from './client.ts';

/**
 * `wind-turbine.ts <socket> <alias>=<folder>…`: an application as those of the workshop for wind turbines are: it opens its channel
 * once, loads its models when it starts, takes every refusal for a failure, ALREADY_EXISTS too, and ends with 1. Then it asks each model
 * again and again, keeps what it asked, and waits if the agent is away.
 */
async function main([socket = '', ...models]: readonly string[]): Promise<void> {
  const client = new EdgeClient(`unix://${socket}`, '2021');
  const loaded = models.map((model) => model.split('=') as [string, string]);
  for (const [name, url] of loaded) {
    await client.call('LoadModel', { url, name }).catch((error: unknown) => {
      console.log(`LOAD-FAILED ${String(error)}`);
      process.exit(1);
    });
  }
  console.log('LOADED');
  const sent = Float32Array.of(1);
  for (let round = 0; ; round++) {
    for (const [name] of loaded) {
      try {
        const { tensors } = await client.call('Predict', { name, tensors: [tensorOf('input', 'FLOAT32', [1], sent)] });
        if (floatsOf(tensors[0]!)[0] !== 2) console.log(`WRONG ${name}`);
        if (round === 0) console.log(`PREDICTED ${name}`);
      } catch (error) {
        console.log(`PREDICT-FAILED ${String(error)}`);
      }
    }
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

void main(process.argv.slice(2));
