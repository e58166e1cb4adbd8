import { execFile } from 'node:child_process';
import { chmod, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it, onTestFinished, vi } from 'vitest';
import { connectAgent } from '../../../src/agent/connect.ts';
import { parseEndpoint } from '../../../src/agent/endpoint.ts';
import { silentLogger } from '../../../src/base/logger.ts';
import type { ContainerFacts, ContainerReport, EnsureOutcome, PortChange } from '../../../src/agent/facts.ts';
import { facetOf, type AgentSession, type EnsureOptions } from '../../../src/agent/session.ts';
import { startGuestAgent, type GuestAgent } from '../../../src/guest/agent.ts';
import { docker, endProcess, inOwnNetwork, makeWebImage, whyNoDocker } from './dockerd.ts';

const skip = await whyNoDocker();
const options = { timeoutMs: 20_000 };

describe.skipIf(skip !== undefined)(
  `the reference agent and a real runtime${skip ? ` (${skip})` : ''}`,
  () => {
    let dir: string;
    let dockerSocket: string;
    let containerdSocket: string;
    let agent: GuestAgent;
    let session: AgentSession;

    beforeAll(async () => {
      dir = await mkdtemp(join(tmpdir(), 'runtime-'));
      dockerSocket = join(dir, 'docker.sock');
      containerdSocket = join(dir, 'containerd.sock');
      // The agent starts the daemons that it finds first; these leave their process ids and a network of their own.
      const bin = join(dir, 'bin');
      await mkdir(bin);
      await script('dockerd', `set -- /usr/sbin/dockerd "$@"\n${inOwnNetwork}`);
      await script('containerd', `echo $$ >"${dir}/containerd.pid"\nexec /usr/bin/containerd "$@"`);
      agent = await startGuestAgent({
        listen: (['arcbox', 'arcbox-ttrpc', 'arcbox-grpc'] as const).map((protocol) => ({
          protocol,
          transport: { kind: 'unix', path: join(dir, `${protocol}.sock`) },
        })),
        dockerSocket,
        containerdSocket,
        stateDir: join(dir, 'state'),
        path: bin,
        allowClockSet: false,
        version: '1.2.3',
        logger: silentLogger,
      });
      session = await connectAgent(parseEndpoint(agent.listening[0]!), { ...options, logger: silentLogger });
    });

    afterAll(async () => {
      session.close();
      await agent.close();
      for (const file of ['state/docker.pid', 'containerd.pid']) {
        const pid = await readFile(join(dir, file), 'utf8').catch(() => undefined);
        if (pid !== undefined) await endProcess(Number(pid));
      }
      // A dockerd that was killed leaves its data folder mounted.
      await promisify(execFile)('umount', [join(dir, 'state/data')]).catch(() => undefined);
      await rm(dir, { recursive: true, force: true, maxRetries: 2 });
    });

    async function script(name: string, text: string): Promise<void> {
      await writeFile(join(dir, 'bin', name), `#!/bin/sh\n${text}\n`);
      await chmod(join(dir, 'bin', name), 0o755);
    }

    const ensure = (ensureOptions: EnsureOptions): Promise<EnsureOutcome> => {
      const { ensure: call } = facetOf(session, 'runtime');
      if (call === undefined) throw new Error('the runtime can only be looked at');
      return call(ensureOptions);
    };

    /** Reads of the runtime go on while it starts. */
    const services = async (): Promise<Record<string, string>> => {
      const status = await facetOf(session, 'runtime').status(options);
      return Object.fromEntries(status.services.map(({ name, status: word }) => [name, word]));
    };

    it('says what is down before anything is started', async () => {
      expect(await services()).toEqual({ containerd: 'not_ready', dockerd: 'not_ready', runc: 'ready' });
      const looked = await ensure({ ...options, startIfNeeded: false });
      expect(looked).toMatchObject({
        ready: false,
        status: 'failed',
        message: `docker socket missing: ${dockerSocket}`,
      });
    });

    it('starts containerd and dockerd, once for all who ask, and says so truthfully', async () => {
      const start = { timeoutMs: 100_000, startIfNeeded: true };
      const statuses = (await Promise.all([ensure(start), ensure(start)])).map(({ ready, status }) => ({
        ready,
        status,
      }));
      expect(statuses).toContainEqual({ ready: true, status: 'started' });
      expect(statuses).toContainEqual({ ready: true, status: 'reused' });
      expect(await ensure(start)).toMatchObject({
        ready: true,
        status: 'reused',
        endpoint: `unix://${dockerSocket}`,
      });
      expect(await services()).toEqual({ containerd: 'ready', dockerd: 'ready', runc: 'ready' });
      const { services: list } = await facetOf(session, 'runtime').status(options);
      expect(list[1]?.detail).toMatch(/^API \/_ping OK: .*; Docker \d+\./);
    });

    it('pushes ports of the runtime it has started', async () => {
      await makeWebImage(dockerSocket);
      const changes: PortChange[] = [];
      await session.ping(options);
      const onPending = (): void => {
        changes.push(...stream.drain());
      };
      const stream = await facetOf(session, 'ports').follow({ onPending }, options);
      onPending();
      expect(changes).toEqual([{ kind: 'snapshot', containers: new Map() }]);
      const published = ['-p', '127.0.0.1:18080:80'];
      const id = await docker(dockerSocket, 'run', '-d', '--name', 'shop-web-1', ...published, 'web');
      const binding = { containerPort: 80, hostPort: 18080, protocol: 'tcp', hostIp: '127.0.0.1' };
      const facts = expect.objectContaining({ name: 'shop-web-1', image: 'web' }) as ContainerFacts;
      const latest = (): PortChange | undefined => changes.at(-1);
      await vi.waitFor(() => {
        expect(latest()).toEqual({
          kind: 'changed',
          containerId: id,
          report: { facts, bindings: [binding] },
        });
      }, 20_000);
      await docker(dockerSocket, 'rename', id, 'shop-web-2');
      await vi.waitFor(() => {
        expect(latest()).toMatchObject({ report: { facts: { name: 'shop-web-2' }, bindings: [binding] } });
      }, 20_000);
      await docker(dockerSocket, 'rm', '-f', id);
      await vi.waitFor(() => {
        expect(latest()).toEqual({ kind: 'changed', containerId: id, report: null });
      }, 20_000);
    });

    it('tells on every wire a container without ports, that its engine is gone, and that it is back', async () => {
      await docker(dockerSocket, 'run', '-d', '--name', 'quiet-box', 'web');
      const followed = await Promise.all(agent.listening.map(follow));
      for (const changes of followed) {
        await vi.waitFor(() => {
          expect(namesOf(changes)).toEqual(['quiet-box']);
        }, 20_000);
      }
      process.kill(Number(await readFile(join(dir, 'state/docker.pid'), 'utf8')), 'SIGKILL');
      for (const changes of followed) await vi.waitUntil(() => changes.at(-1)?.kind === 'stale', 10_000);
      expect(followed.map(namesOf)).toEqual(followed.map(() => ['quiet-box']));
      await ensure({ timeoutMs: 100_000, startIfNeeded: true });
      for (const changes of followed)
        await vi.waitUntil(() => changes.some(({ kind }) => kind === 'current'), 30_000);
    });

    /** Follows the ports on an endpoint until the test ends; the list grows with each change. */
    const follow = async (endpoint: string): Promise<PortChange[]> => {
      const own = await connectAgent(parseEndpoint(endpoint), { ...options, logger: silentLogger });
      onTestFinished(() => {
        own.close();
      });
      await own.ping(options);
      const changes: PortChange[] = [];
      const onPending = (): void => {
        changes.push(...stream.drain());
      };
      const stream = await facetOf(own, 'ports').follow({ onPending }, options);
      onPending();
      return changes;
    };

    /** The names of the containers that are known after these changes. */
    const namesOf = (changes: readonly PortChange[]): string[] => {
      const reports = new Map<string, ContainerReport>();
      for (const change of changes) {
        if (change.kind === 'snapshot') for (const [id, report] of change.containers) reports.set(id, report);
        if (change.kind !== 'changed') continue;
        if (change.report === null) reports.delete(change.containerId);
        else reports.set(change.containerId, change.report);
      }
      return [...reports.values()].map(({ facts }) => facts?.name ?? '');
    };

    it('remembers nothing: a dockerd that was killed is reported, and started again', async () => {
      process.kill(Number(await readFile(join(dir, 'state/docker.pid'), 'utf8')), 'SIGKILL');
      await vi.waitUntil(async () => (await services())['dockerd'] === 'error', 10_000);
      const looked = await ensure({ ...options, startIfNeeded: false });
      expect(looked).toMatchObject({ ready: false, status: 'failed' });
      expect(looked.message).toMatch(/^docker socket exists but not reachable: /);
      const started = await ensure({ timeoutMs: 100_000, startIfNeeded: true });
      expect(started).toMatchObject({ ready: true, status: 'started' });
    });
  },
);
