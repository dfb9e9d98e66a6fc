/**
 * Prints what a service finds in pictures, all of them asked at once, and which models serve.
 *
 * In a checkout with `npm start` running, in a folder in which the package is installed:
 *
 *     EDGEML_AGENT_SOCKET=$CHECKOUT/.edgeml/core/work/edgeml.InferenceAgent/agent.sock \
 *       node ask-agent.mjs PartsDetector $CHECKOUT/artifacts/samples/*.jpg
 */
import process from 'node:process';
import { Agent, AgentError } from 'edgeml-sdk';

const [service = '', ...pictures] = process.argv.slice(2);
const agent = new Agent();
try {
  const results = await Promise.all(pictures.map((picture) => agent.predict(service, picture)));
  for (const [n, { predictions }] of results.entries()) {
    const found = predictions.map(({ label, score }) => `${label} ${score.toFixed(2)}`).join(', ');
    console.log(`${pictures[n]}: ${found || 'nothing'}`);
  }
  console.log(`Serving: ${(await agent.models()).map(({ alias, version }) => `${alias} ${version}`).join(', ')}`);
} catch (error) {
  if (!(error instanceof AgentError)) throw error;
  console.error(error.message, error.todo);
  process.exitCode = 1;
}
