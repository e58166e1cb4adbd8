// client KIND SOCKET: runs the loads against a server of the same kind and prints the result as JSON.
import { connect } from 'node:net';
import {
  AgentPingRequest,
  AgentPingResponse,
  AgentServiceClientImpl,
} from '../../src/agent/generated/arcbox/v1/agent.ts';
import { loadGrpc } from '../../src/agent/rpc/load-grpc.ts';
import { rpcOver, type RpcChannel } from '../../src/agent/rpc/channel.ts';
import { FramedChannel } from '../../src/agent/arcbox/framed-channel.ts';
import { openGrpcChannel } from '../../src/agent/rpc/grpc-channel.ts';
import { TtrpcChannel } from '../../src/agent/rpc/ttrpc-channel.ts';
import { openSocket } from '../../src/agent/transport/socket.ts';
import { pingPath } from './grpc-js-ping.ts';
import { measure, pingText, type LoadSizes } from './loads.ts';

const [kind = '', path = ''] = process.argv.slice(2);
const call = { timeoutMs: 10_000 };
// Long enough warm-ups that the engine compiles nothing any more: on one core its compiler would be measured too.
const fast: LoadSizes = { warmUp: 30_000, sequential: 20_000, concurrent: 100_000 };
const slow: LoadSizes = { warmUp: 5000, sequential: 5000, concurrent: 20_000 };

/** Pings as the extension does: generated client, strict checks, deadline and all. */
function pingOver(channel: RpcChannel): () => Promise<unknown> {
  const client = new AgentServiceClientImpl(rpcOver(channel, call));
  return () => client.ping({ message: pingText, timestampSecs: 0n });
}

/** Echoes of 64 bytes, answered in order. */
function pingRaw(): () => Promise<unknown> {
  const socket = connect(path).setNoDelay(true);
  const bytes = Buffer.alloc(64, pingText);
  const waiting: (() => void)[] = [];
  let received = 0;
  socket.on('data', (chunk) => {
    for (received += chunk.length; received >= bytes.length; received -= bytes.length) waiting.shift()?.();
  });
  return () =>
    new Promise<void>((resolve) => {
      waiting.push(resolve);
      socket.write(bytes);
    });
}

/** grpc-js as its manual shows it, with nothing of ours around it. */
async function pingGrpcJs(): Promise<() => Promise<unknown>> {
  const grpc = await loadGrpc();
  const client = new grpc.Client(`unix:${path}`, grpc.credentials.createInsecure());
  const encode = (message: AgentPingRequest): Buffer =>
    Buffer.from(AgentPingRequest.encode(message).finish());
  const decode = (bytes: Buffer): AgentPingResponse => AgentPingResponse.decode(bytes);
  return () =>
    new Promise((resolve, reject) => {
      const request = { message: pingText, timestampSecs: 0n };
      const options = { deadline: Date.now() + call.timeoutMs };
      client.makeUnaryRequest(pingPath, encode, decode, request, options, (error, response) => {
        if (error === null) resolve(response);
        else reject(error);
      });
    });
}

async function pingerOf(name: string): Promise<() => Promise<unknown>> {
  switch (name) {
    case 'raw':
      return pingRaw();
    case 'grpc-js':
      return pingGrpcJs();
    case 'arcbox':
      return pingOver(new FramedChannel(await openSocket({ path }, call)));
    case 'arcbox-ttrpc':
      return pingOver(new TtrpcChannel(await openSocket({ path }, call)));
    case 'arcbox-grpc':
      return pingOver(await openGrpcChannel(await openSocket({ path }, call), call));
    default:
      throw new Error(`unknown kind ${name}`);
  }
}

const sizes = kind.includes('grpc') ? slow : fast;
const result = await measure(await pingerOf(kind), sizes);
process.stdout.write(`${JSON.stringify(result)}\n`, () => process.exit());
