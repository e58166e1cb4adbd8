import { readdirSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { join } from 'node:path';
import type { Duplex } from 'node:stream';
import { afterEach, describe, expect, it, vi } from 'vitest';
import * as loading from '../../../src/agent/rpc/load-grpc.ts';
import { openGrpcChannel } from '../../../src/agent/rpc/grpc-channel.ts';
import { AgentError } from '../../../src/agent/errors.ts';
import { plain } from '../../../src/base/text.ts';
import { silentLogger } from '../../../src/base/logger.ts';
import { serveGrpcConnection } from '../../../src/guest/grpc-connection.ts';
import type { GuestMethod } from '../../../src/guest/service.ts';
import { startAgent, temporaryFolder } from './support.ts';
import { streamPair } from '../../support/stream-pair.ts';

const ping = 'arcbox.v1.AgentService';
const patient = { timeoutMs: 8000 };
const empty = new Uint8Array();
const echo = new Map<string, GuestMethod>([
  ['t.S/Echo', { kind: 'unary', handle: (request) => Promise.resolve(request) }],
]);

vi.mock('../../../src/agent/rpc/load-grpc.ts', { spy: true });

afterEach(() => {
  vi.mocked(loading.loadGrpc).mockReset();
});

function dial(path: string): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = connect(path, () => {
      resolve(socket);
    });
    socket.once('error', reject);
  });
}

const descriptors = (): number => readdirSync('/proc/self/fd').length;

describe.skipIf(process.platform !== 'linux')('an agent whose gRPC clients come and go', () => {
  it('keeps nothing of them, so that the next one gets in', async () => {
    const path = join(await temporaryFolder(), 'grpc.sock');
    await startAgent({ listen: [{ protocol: 'arcbox-grpc', transport: { kind: 'unix', path } }] });
    const visit = async (): Promise<void> => {
      const channel = await openGrpcChannel(await dial(path), patient);
      await channel.unary(ping, 'Ping', empty, patient);
      channel.close();
    };
    await visit();
    await vi.waitUntil(() => descriptors() < 200);
    const before = descriptors();
    for (let visits = 0; visits < 300; visits++) await visit();
    await vi.waitUntil(() => descriptors() <= before + 5, { timeout: 5000 });
    await visit();
  });

  it('keeps nothing of them on streams that are no sockets either', async () => {
    const visit = async (): Promise<void> => {
      const [near, far] = streamPair();
      const served = serveGrpcConnection(far, { methods: echo, logger: silentLogger });
      const channel = await openGrpcChannel(near, patient);
      await channel.unary('t.S', 'Echo', empty, patient);
      channel.close();
      await served;
    };
    await visit();
    const before = descriptors();
    for (let visits = 0; visits < 30; visits++) await visit();
    await vi.waitUntil(() => descriptors() <= before + 3, { timeout: 5000 });
  });

  it.each([
    ['that end', (near: Duplex) => near.end()],
    ['that vanish', (near: Duplex) => near.destroy()],
  ])('lets go of streams %s before they say anything', async (_how, leave) => {
    const [near, far] = streamPair();
    near.on('error', () => undefined);
    near.resume();
    const served = serveGrpcConnection(far, { methods: echo, logger: silentLogger });
    leave(near);
    if (near.destroyed) far.destroy();
    await served;
    expect(far.destroyed).toBe(true);
  });
});

describe('when the gRPC library cannot be loaded', () => {
  const broken = new AgentError('unsupported', plain`The gRPC library cannot be loaded.`);

  it('a client is told so, and its stream is closed', async () => {
    vi.mocked(loading.loadGrpc).mockRejectedValue(broken);
    const [near] = streamPair();
    await expect(openGrpcChannel(near, patient)).rejects.toBe(broken);
    expect(near.destroyed).toBe(true);
  });

  it('an agent closes the connection and goes on', async () => {
    vi.mocked(loading.loadGrpc).mockRejectedValue(broken);
    const errors: string[] = [];
    const logger = { ...silentLogger, error: (text: string) => errors.push(text) };
    const [near, far] = streamPair();
    await serveGrpcConnection(far, { methods: echo, logger });
    expect(far.destroyed).toBe(true);
    expect(errors).toEqual(['A gRPC client cannot be served: The gRPC library cannot be loaded.']);
    near.destroy();
  });

  it.each([
    ['its exports', { Client: vi.fn(), Server: vi.fn() }, true],
    ['a default export alone', { default: { Client: vi.fn(), Server: vi.fn() } }, true],
    ['exports whose names were not found', { default: {}, Client: undefined }, false],
    ['half of it', { Client: vi.fn() }, false],
    ['nothing', undefined, false],
  ])('is seen by %s', (_what, loaded, isThere) => {
    if (isThere) expect(loading.grpcOf(loaded).Client).toBeDefined();
    else expect(() => loading.grpcOf(loaded)).toThrow(expect.objectContaining({ code: 'unsupported' }));
  });
});
