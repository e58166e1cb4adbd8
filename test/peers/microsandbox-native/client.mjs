// Connects the official native client to the socket given, pings it and prints what it saw as JSON.
// usage: node client.mjs ADDON SOCKET COUNT
import { createRequire } from 'node:module';
import { medianMicros, oneByOne } from '../../support/measuring.ts';

const [addon, socket, count] = process.argv.slice(2);
const { AgentClient } = createRequire(import.meta.url)(addon);

const ping = Buffer.from('a3617607617469636f72652e70696e67617041a0', 'hex');

const client = await AgentClient.connect(socket);
let answer;
const request = async () => {
  answer = await client.request(0, ping);
};
await oneByOne(request, Math.min(20_000, Number(count)));
const rttMicros = await medianMicros((calls) => oneByOne(request, calls), Number(count));
console.log(
  JSON.stringify({
    ready: Buffer.from(client.readyBytes()).toString('hex'),
    flags: answer.flags,
    body: Buffer.from(answer.body).toString('hex'),
    rttMicros,
  }),
);
await client.close();
// The addon keeps threads that would hold the process.
process.exit(0);
