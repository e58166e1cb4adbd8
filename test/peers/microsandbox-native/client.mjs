// Connects the official native client to the socket given, pings it and prints what it saw as JSON.
// usage: node client.mjs ADDON SOCKET COUNT
import { createRequire } from 'node:module';

const [addon, socket, count] = process.argv.slice(2);
const { AgentClient } = createRequire(import.meta.url)(addon);

const ping = Buffer.from('a3617607617469636f72652e70696e67617041a0', 'hex');

const client = await AgentClient.connect(socket);
let answer;
const warmUp = Math.min(2000, Number(count));
for (let index = 0; index < warmUp; index++) await client.request(0, ping);
const start = process.hrtime.bigint();
for (let index = 0; index < Number(count); index++) answer = await client.request(0, ping);
const meanUs = Number(process.hrtime.bigint() - start) / 1e3 / Number(count);
console.log(
  JSON.stringify({
    ready: Buffer.from(client.readyBytes()).toString('hex'),
    flags: answer.flags,
    body: Buffer.from(answer.body).toString('hex'),
    meanUs,
  }),
);
await client.close();
// The addon keeps threads that would hold the process.
process.exit(0);
