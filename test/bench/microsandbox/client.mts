// Pings a relay through a session and prints the mean round trip. usage: node client.mts SOCKET COUNT
import { connectAgent } from '../../../src/agent/connect.ts';
import { silentLogger } from '../../../src/agent/logger.ts';

const [path = '', count = '1'] = process.argv.slice(2);
const options = { timeoutMs: 10_000 };
const session = await connectAgent(
  { protocol: 'microsandbox', transport: { kind: 'unix', path } },
  { ...options, logger: silentLogger },
);
const warmUp = 2000;
for (let index = 0; index < warmUp; index++) await session.ping(options);
const start = performance.now();
for (let index = 0; index < Number(count); index++) await session.ping(options);
const meanUs = ((performance.now() - start) * 1000) / Number(count);
process.stdout.write(`${JSON.stringify({ meanUs })}\n`);
session.close();
