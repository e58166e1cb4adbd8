// server KIND SOCKET: what the clients of the benchmark talk to. Prints "listening".
import { createServer } from 'node:net';
import { dirname, join } from 'node:path';
import { silentLogger } from '../../src/base/logger.ts';
import { loadGrpc } from '../../src/agent/rpc/load-grpc.ts';
import { startGuestAgent } from '../../src/guest/agent.ts';
import { handlePing, pingPath } from './grpc-js-ping.ts';

const [kind = '', path = ''] = process.argv.slice(2);

/** Echoes bytes: what a round trip costs without any protocol. */
function startRaw(): Promise<void> {
  const server = createServer({ noDelay: true }, (socket) => socket.pipe(socket));
  return new Promise((resolve) => server.listen(path, resolve));
}

/** grpc-js as its manual shows it, with nothing of ours around it. */
async function startGrpcJs(): Promise<void> {
  const grpc = await loadGrpc();
  const server = new grpc.Server();
  const asItIs = (bytes: Buffer): Buffer => bytes;
  const method = {
    path: pingPath,
    requestStream: false,
    responseStream: false,
    requestSerialize: asItIs,
    requestDeserialize: asItIs,
    responseSerialize: asItIs,
    responseDeserialize: asItIs,
  } as const;
  const answer = (call: { request: Buffer }, done: (error: null, response: Buffer) => void): void => {
    done(null, handlePing(call.request));
  };
  server.addService({ Ping: method }, { Ping: answer });
  await new Promise<void>((resolve, reject) => {
    server.bindAsync(`unix:${path}`, grpc.ServerCredentials.createInsecure(), (error) => {
      if (error === null) resolve();
      else reject(error);
    });
  });
}

async function startOurs(protocol: 'arcbox' | 'arcbox-ttrpc' | 'arcbox-grpc'): Promise<void> {
  await startGuestAgent({
    listen: [{ protocol, transport: { kind: 'unix', path } }],
    dockerSocket: join(dirname(path), 'no-docker.sock'),
    containerdSocket: join(dirname(path), 'no-containerd.sock'),
    stateDir: join(dirname(path), 'state'),
    allowClockSet: false,
    version: '0.0.0',
    logger: silentLogger,
  });
}

switch (kind) {
  case 'raw':
    await startRaw();
    break;
  case 'grpc-js':
    await startGrpcJs();
    break;
  case 'arcbox':
  case 'arcbox-ttrpc':
  case 'arcbox-grpc':
    await startOurs(kind);
    break;
  default:
    throw new Error(`unknown kind ${kind}`);
}
process.stdout.write('listening\n');
