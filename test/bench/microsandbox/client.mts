// Pings a relay through a session and prints the round trip. usage: node client.mts SOCKET COUNT
import { connectAgent } from '../../../src/agent/connect.ts';
import { silentLogger } from '../../../src/base/logger.ts';
import { medianMicros, oneByOne } from '../../support/measuring.ts';

const [path = '', count = '1'] = process.argv.slice(2);
const warmUp = 20_000;
const options = { timeoutMs: 10_000 };
const session = await connectAgent(
  { protocol: 'microsandbox', transport: { kind: 'unix', path } },
  { ...options, logger: silentLogger },
);
const ping = (): Promise<unknown> => session.ping(options);
await oneByOne(ping, warmUp);
const rttMicros = await medianMicros((calls) => oneByOne(ping, calls), Number(count));
process.stdout.write(`${JSON.stringify({ rttMicros })}\n`);
session.close();
