// Imitates a relay whose guest answers at once: any frame gets a pong with its id. The same for every client, so that
// only the clients differ. usage: node relay.mts SOCKET
import { createServer } from 'node:net';
import { MicrosandboxEncoder } from '../../../src/agent/microsandbox/encoder.ts';
import { microsandboxMessage } from '../../../src/agent/microsandbox/messages.ts';

const encoder = new MicrosandboxEncoder('guest', 7);
const ready = encoder.encode(microsandboxMessage.ready, 0, {
  boot_time_ns: 1n,
  init_time_ns: 2n,
  ready_time_ns: 3n,
});
const range = Buffer.from('0000000101ffffff', 'hex');

const pong = encoder.encode(microsandboxMessage.pong, 0, {});

const server = createServer((socket) => {
  socket.on('error', () => undefined);
  socket.write(Buffer.concat([range, ready]));
  // As little work as can be, for it is part of every round trip: pings are small enough never to arrive in pieces.
  socket.on('data', (chunk) => {
    for (let start = 0; start + 8 <= chunk.length; start += 4 + chunk.readUInt32BE(start)) {
      const answer = Buffer.from(pong);
      chunk.copy(answer, 4, start + 4, start + 8);
      socket.write(answer);
    }
  });
});
server.listen(process.argv[2], () => process.stdout.write('listening\n'));
