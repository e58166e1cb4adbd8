import { connect, Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import type {
  handleServerStreamingCall,
  handleUnaryCall,
  MethodDefinition,
  Server,
  ServerWritableStream,
  UntypedHandleCall,
} from '@grpc/grpc-js';
import { messageOf } from '../agent/errors.ts';
import { plain } from '../base/text.ts';
import type { Logger } from '../base/logger.ts';
import { loadGrpc, type Grpc } from '../agent/rpc/load-grpc.ts';
import { bridgeStream } from '../agent/rpc/local-bridge.ts';
import { statusCode, statusOf } from './refusal-status.ts';
import type { GuestMethod, GuestServices } from './service.ts';

/** Largest message in either direction, in bytes. */
const maxMessageBytes = 16 * 1024 * 1024;

/** Calls that one connection may have in the works at a time. */
const maxCallsAtOnce = 1024;

/**
 * Serves gRPC on one stream until it ends; never rejects. The stream is any Duplex, TLS or not, that speaks HTTP/2 from
 * its first byte.
 */
export async function serveGrpcConnection(
  stream: Duplex,
  services: Pick<GuestServices, 'methods' | 'logger'>,
): Promise<void> {
  const { logger } = services;
  const closed = new Promise<void>((resolve) => {
    stream.once('close', resolve);
  });
  stream.on('error', (error) => {
    logger.debug(plain`A gRPC connection was closed: ${messageOf(error)}`);
  });
  // A client that ends its side of an HTTP/2 connection is gone; our side would stay open for good.
  stream.allowHalfOpen = false;
  try {
    const [grpc, socket] = await Promise.all([loadGrpc(), asSocket(stream)]);
    if (stream.destroyed) return;
    const server = createServer(grpc, services);
    const injector = server.createConnectionInjector(grpc.ServerCredentials.createInsecure());
    injector.injectConnection(socket);
    await closed;
    injector.destroy();
    server.forceShutdown();
  } catch (error) {
    logger.error(plain`A gRPC client cannot be served: ${messageOf(error)}`);
  } finally {
    stream.destroy();
  }
}

function createServer(grpc: Grpc, { methods, logger }: Pick<GuestServices, 'methods' | 'logger'>): Server {
  const server = new grpc.Server({
    'grpc.max_receive_message_length': maxMessageBytes,
    'grpc.max_send_message_length': maxMessageBytes,
    'grpc.max_concurrent_streams': maxCallsAtOnce,
    'grpc.enable_channelz': 0,
  });
  for (const [service, members] of byService(methods)) {
    const definition = Object.fromEntries(
      members.map(([name, method]) => [name, define(service, name, method)]),
    );
    const handlers = Object.fromEntries(members.map(([name, method]) => [name, handlerOf(method, logger)]));
    server.addService(definition, handlers);
  }
  return server;
}

/**
 * The stream as a socket of the system. Node's HTTP/2 breaks off with a failed assertion, which nobody can catch, when
 * its session ends while it writes to any other kind of stream.
 */
async function asSocket(stream: Duplex): Promise<Socket> {
  if (stream instanceof Socket) return stream;
  const socket = connect((await bridgeStream(stream)).path);
  // The stream goes with it, and says why it is gone.
  socket.on('error', () => undefined);
  return socket;
}

/** Groups the table by service. */
function byService(methods: GuestServices['methods']): Map<string, [string, GuestMethod][]> {
  const services = new Map<string, [string, GuestMethod][]>();
  for (const [path, method] of methods) {
    const [service = '', name = ''] = path.split('/');
    const members = services.get(service) ?? [];
    members.push([name, method]);
    services.set(service, members);
  }
  return services;
}

function define(
  service: string,
  name: string,
  { kind }: GuestMethod,
): MethodDefinition<Uint8Array, Uint8Array> {
  return {
    path: `/${service}/${name}`,
    requestStream: false,
    responseStream: kind === 'serverStream',
    requestSerialize: asBuffer,
    requestDeserialize: asItIs,
    responseSerialize: asBuffer,
    responseDeserialize: asItIs,
  };
}

function handlerOf(method: GuestMethod, logger: Logger): UntypedHandleCall {
  return method.kind === 'unary' ? unaryHandler(method.handle, logger) : streamHandler(method.handle, logger);
}

function unaryHandler(
  handle: Extract<GuestMethod, { kind: 'unary' }>['handle'],
  logger: Logger,
): handleUnaryCall<Uint8Array, Uint8Array> {
  return (call, answer) => {
    const gone = new AbortController();
    call.on('cancelled', () => {
      gone.abort();
    });
    handle(call.request, { signal: gone.signal }).then(
      (response) => {
        if (response.byteLength > maxMessageBytes) answer(tooLarge(response));
        else answer(null, response);
      },
      (error: unknown) => {
        answer(grpcStatus(error, logger));
      },
    );
  };
}

function streamHandler(
  handle: Extract<GuestMethod, { kind: 'serverStream' }>['handle'],
  logger: Logger,
): handleServerStreamingCall<Uint8Array, Uint8Array> {
  return (call) => {
    const gone = new AbortController();
    call.on('cancelled', () => {
      gone.abort();
    });
    writeAll(call, handle(call.request, { signal: gone.signal }), gone.signal).then(
      () => {
        call.end();
      },
      (error: unknown) => {
        call.emit('error', grpcStatus(error, logger));
      },
    );
  };
}

async function writeAll(
  call: ServerWritableStream<Uint8Array, Uint8Array>,
  messages: AsyncIterable<Uint8Array>,
  signal: AbortSignal,
): Promise<void> {
  for await (const message of messages) {
    if (signal.aborted) return;
    if (!call.write(message)) {
      await new Promise<void>((resolve) => {
        call.once('drain', resolve);
        signal.addEventListener(
          'abort',
          () => {
            resolve();
          },
          { once: true },
        );
      });
    }
  }
}

interface GrpcStatus {
  readonly code: number;
  readonly details: string;
}

function grpcStatus(error: unknown, logger: Logger): GrpcStatus {
  const { code, text } = statusOf(error);
  if (code === statusCode.internal) logger.error(plain`A call failed: ${messageOf(error)}`);
  return { code, details: text };
}

function tooLarge({ byteLength }: Uint8Array): GrpcStatus {
  return {
    code: statusCode.resourceExhausted,
    details: `the answer has ${byteLength} bytes; the limit is ${maxMessageBytes}`,
  };
}

function asBuffer(bytes: Uint8Array): Buffer {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

function asItIs(bytes: Buffer): Uint8Array {
  return bytes;
}
