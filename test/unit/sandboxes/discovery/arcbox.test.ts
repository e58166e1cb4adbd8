import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import type { Server, ServerWritableStream, sendUnaryData, ServerUnaryCall } from '@grpc/grpc-js';
import { afterEach, beforeEach, describe, expect, onTestFinished, test, vi } from 'vitest';
import { connectAgent } from '../../../../src/agent/connect.ts';
import { SystemInfo } from '../../../../src/agent/generated/arcbox/v1/agent.ts';
import {
  ListMachinesResponse,
  MachinePingResponse,
  MachineRequest,
  SetupStatus,
  type MachineSummary,
} from '../../../../src/agent/generated/arcbox/v1/daemon.ts';
import { facetOf } from '../../../../src/agent/session.ts';
import { silentLogger } from '../../../../src/base/logger.ts';
import { arcboxCandidates, type ArcboxSockets } from '../../../../src/sandboxes/sources/arcbox/sockets.ts';
import { findingsOf, maxMachines } from '../../../../src/sandboxes/sources/arcbox/daemon.ts';
import { watchArcbox } from '../../../../src/sandboxes/sources/arcbox/watch.ts';
import { specOf } from '../../../../src/sandboxes/sources/discovery.ts';
import type { Findings } from '../../../../src/sandboxes/sources/findings.ts';
import type { DiscoveredSandbox } from '../../../../src/sandboxes/model/discovered.ts';

type Handle = (request: Buffer) => Uint8Array;

/** Imitates ArcBox's daemon, which exists for macOS only: its machines, setup phase and agent calls. */
class FakeDaemon {
  readonly calls: string[] = [];
  machines: MachineSummary[] = [{ id: 'default', name: 'default', state: 'running' }];
  phase = 6;
  readonly #watchers = new Set<ServerWritableStream<Buffer, Uint8Array>>();
  #server: Server | undefined;

  async listen(path: string): Promise<void> {
    const grpc = await import('@grpc/grpc-js');
    const server = new grpc.Server();
    const bytes = (value: Uint8Array): Buffer => Buffer.from(value);
    const method = (service: string, name: string, responseStream: boolean): object => ({
      path: `/arcbox.v1.${service}/${name}`,
      requestStream: false,
      responseStream,
      requestSerialize: bytes,
      requestDeserialize: (buffer: Buffer) => buffer,
      responseSerialize: bytes,
      responseDeserialize: (buffer: Buffer) => buffer,
    });
    const unary =
      (name: string, handle: Handle) =>
      (call: ServerUnaryCall<Buffer, Uint8Array>, answer: sendUnaryData<Uint8Array>): void => {
        this.calls.push(name);
        answer(null, handle(call.request));
      };
    server.addService(
      {
        List: method('MachineService', 'List', false),
        Ping: method('MachineService', 'Ping', false),
        GetSystemInfo: method('MachineService', 'GetSystemInfo', false),
      } as never,
      {
        List: unary('List', () => ListMachinesResponse.encode({ machines: this.machines }).finish()),
        Ping: unary('Ping', () => MachinePingResponse.encode({ message: 'pong', version: '0.4.1' }).finish()),
        GetSystemInfo: unary('GetSystemInfo', (request) =>
          SystemInfo.encode(SystemInfo.fromPartial({ hostname: MachineRequest.decode(request).id })).finish(),
        ),
      },
    );
    server.addService(
      {
        GetSetupStatus: method('SystemService', 'GetSetupStatus', false),
        WatchSetupStatus: method('SystemService', 'WatchSetupStatus', true),
      } as never,
      {
        GetSetupStatus: unary('GetSetupStatus', () => this.#setup()),
        WatchSetupStatus: (call: ServerWritableStream<Buffer, Uint8Array>) => {
          this.#watchers.add(call);
          call.write(this.#setup());
        },
      },
    );
    await mkdir(dirname(path), { recursive: true });
    await new Promise<void>((resolve, reject) => {
      server.bindAsync(`unix:${path}`, grpc.ServerCredentials.createInsecure(), (error) => {
        if (error) reject(error);
        else resolve();
      });
    });
    this.#server = server;
  }

  moveOn(phase: number): void {
    this.phase = phase;
    for (const watcher of this.#watchers) watcher.write(this.#setup());
  }

  close(): void {
    this.#watchers.clear();
    this.#server?.forceShutdown();
  }

  #setup(): Uint8Array {
    return SetupStatus.encode({ phase: this.phase, vmRunning: true, message: 'as asked' }).finish();
  }
}

let folder: string;
let sockets: ArcboxSockets;
let daemon: FakeDaemon;
let stop: AbortController;
let lists: (readonly DiscoveredSandbox[])[];

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'arcbox-'));
  sockets = { grpc: join(folder, 'run', 'arcbox.sock'), docker: join(folder, 'run', 'docker.sock') };
  daemon = new FakeDaemon();
  stop = new AbortController();
  lists = [];
});
afterEach(async () => {
  stop.abort();
  daemon.close();
  await rm(folder, { recursive: true, force: true });
});

function watch(): void {
  void watchArcbox({
    candidates: [sockets],
    onChange: ({ sandboxes }) => lists.push(sandboxes),
    signal: stop.signal,
    logger: silentLogger,
  });
}

const names = (): string[] => (lists.at(-1) ?? []).map(({ name, state }) => `${name} ${state}`);

test('a daemon that starts later is found, and its machines are listed with their state', async () => {
  watch();
  daemon.machines.push({ id: 'work', name: 'work', state: 'stopped' });
  await daemon.listen(sockets.grpc);
  await vi.waitFor(() => {
    expect(names()).toEqual(['default running', 'work stopped']);
  }, 8000);
  expect(lists.at(-1)![0]).toMatchObject({
    endpoint: { protocol: 'arcbox-daemon', machine: 'default' },
    dockerSocket: sockets.docker,
  });
  expect(lists.at(-1)![1]).not.toHaveProperty('dockerSocket');
  // Nobody knows what a machine without a reachable Docker engine publishes; that is not to be told as nothing.
  expect(lists.at(-1)!.map(({ ports }) => ports)).toEqual([null, null]);
});

test('the list follows the setup, and survives the daemon', async () => {
  await daemon.listen(sockets.grpc);
  watch();
  await vi.waitFor(() => {
    expect(names()).toEqual(['default running']);
  }, 8000);
  daemon.machines = [{ id: 'default', name: 'default', state: 'starting' }];
  daemon.moveOn(3);
  await vi.waitFor(() => {
    expect(names()).toEqual(['default starting']);
  }, 8000);
  daemon.close();
  expect(names()).toEqual(['default starting']);
});

test('a machine is reached through the daemon without touching its clock, until that is asked for', async () => {
  await daemon.listen(sockets.grpc);
  const options = { timeoutMs: 5000, logger: silentLogger };
  const session = await connectAgent(
    { protocol: 'arcbox-daemon', transport: { kind: 'unix', path: sockets.grpc }, machine: 'work' },
    options,
  );
  try {
    expect((await session.ping(options)).rttMs).toBeGreaterThan(0);
    expect((await facetOf(session, 'system').read(options)).hostname).toBe('work');
    expect(await facetOf(session, 'runtime').status(options)).toMatchObject({
      dockerReady: true,
      services: [{ name: 'setup', status: 'ready', detail: 'ready: as asked' }],
    });
    daemon.phase = 4;
    expect(await facetOf(session, 'runtime').status(options)).toMatchObject({
      dockerReady: false,
      services: [{ status: 'starting' }],
    });
    expect(daemon.calls).not.toContain('Ping');
    await expect(facetOf(session, 'clock').sync({ ...options, unixNanos: 5n })).rejects.toMatchObject({
      code: 'unsupported',
    });
    expect(await facetOf(session, 'clock').sync(options)).toMatchObject({
      resolution: 'second',
      confirmed: false,
    });
    expect(daemon.calls).toContain('Ping');
    expect(session.agent).toEqual({ version: '0.4.1' });
  } finally {
    session.close();
  }
});

describe('the list of machines', () => {
  const machine = (id: string, more: Partial<MachineSummary> = {}): MachineSummary => ({
    ...{ id, name: id, state: 'running' },
    ...more,
  });
  const find = (...machines: MachineSummary[]): Findings => findingsOf(machines, sockets);

  test('is limited, and what is left out is counted', () => {
    const many = Array.from({ length: maxMachines + 100 }, (_, index) => machine(`m${index}`));
    const { sandboxes, notes } = find(...many);
    expect(sandboxes).toHaveLength(maxMachines);
    expect(notes).toEqual(['100 machines are left out: too many, or with unusable names.']);
    expect(find(machine('a'), machine('a')).notes).toEqual([
      'One machine is left out: there are too many, or its name cannot be used.',
    ]);
    expect(find(machine('a'), machine(''), machine('x'.repeat(129))).sandboxes).toHaveLength(1);
  });

  test('shows names as plain text, and tells apart machines that look alike', () => {
    const { sandboxes } = find(
      machine('a', { name: 'vm\u202e\u001b[31m' }),
      machine('b', { name: 'vm [31m' }),
    );
    expect(sandboxes.map(({ name }) => name)).toEqual(['vm [31m', 'vm [31m']);
    expect(new Set(sandboxes.map((found) => specOf(found).id)).size).toBe(2);
  });

  test.each([
    ['created', 'stopped', undefined],
    ['stopping', 'stopped', undefined],
    ['paused', 'paused', undefined],
    ['', 'stopped', undefined],
    ['melting\u202e', 'stopped', 'It is recorded as melting.'],
  ])('takes the state "%s" as %s', (word, state, note) => {
    const [found] = find(machine('a', { state: word })).sandboxes;
    expect([found!.state, found!.note]).toEqual([state, note]);
  });
});

test('a machine that somebody stops is noticed although the setup says nothing', async () => {
  vi.spyOn(Math, 'random').mockReturnValue(0);
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
  onTestFinished(() => {
    vi.useRealTimers();
    vi.restoreAllMocks();
  });
  await daemon.listen(sockets.grpc);
  watch();
  const until = async (wanted: string): Promise<void> => {
    for (let turn = 0; names().join() !== wanted && turn < 2000; turn++) {
      await vi.advanceTimersByTimeAsync(50);
      await new Promise((resolve) => setImmediate(resolve));
    }
    expect(names()).toEqual([wanted]);
  };
  await until('default running');
  daemon.machines = [{ id: 'default', name: 'default', state: 'stopped' }];
  await until('default stopped');
});

test('the socket is sought where the variable says, then where later and earlier daemons put it', () => {
  const paths = arcboxCandidates({ ARCBOX_GRPC_SOCKET: '/a/b.sock' }, '/home/me').map(({ grpc }) => grpc);
  expect(paths).toEqual(['/a/b.sock', '/home/me/.arcbox/run/arcbox.sock', '/home/me/.arcbox/arcbox.sock']);
});
