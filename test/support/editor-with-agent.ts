/**
 * A program that keeps the bundled agent as an editor does, and prints where it listens. usage: editor-with-agent.ts CLI
 */
import { formatEndpoint } from '../../src/agent/endpoint.ts';
import { silentLogger } from '../../src/base/logger.ts';
import { LocalAgent } from '../../src/sandboxes/sources/local-agent.ts';

const [, , cliPath = ''] = process.argv;
const agent = new LocalAgent(silentLogger);
agent.onDidChange((state) => {
  if (state.phase === 'running') process.stdout.write(`${formatEndpoint(state.endpoint)}\n`);
});
agent.start({ cliPath, dockerSocket: '/none/docker.sock', containerdSocket: '/none/containerd.sock' });
