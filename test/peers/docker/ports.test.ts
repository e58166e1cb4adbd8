import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import type { ContainerFacts, ContainerReport, PortBinding, PortChange } from '../../../src/agent/facts.ts';
import { silentLogger } from '../../../src/base/logger.ts';
import { createDockerEngine } from '../../../src/docker/engine.ts';
import { watchPorts } from '../../../src/docker/port-watcher.ts';
import { startDockerPeer, whyNoDocker, type DockerPeer } from './dockerd.ts';

const skip = await whyNoDocker();

describe.skipIf(skip !== undefined)(`the port watcher and a real dockerd${skip ? ` (${skip})` : ''}`, () => {
  let peer: DockerPeer;
  let stop: AbortController;
  let watching: Promise<void>;
  /** Bindings by container id, put together from the changes alone. */
  const ports = new Map<string, string[]>();
  const reports = new Map<string, ContainerReport | null>();
  const changes: PortChange[] = [];

  beforeAll(async () => {
    peer = await startDockerPeer();
  });

  afterAll(async () => {
    await peer.remove();
  });

  beforeEach(async () => {
    ports.clear();
    reports.clear();
    changes.length = 0;
    stop = new AbortController();
    watching = watchPorts(createDockerEngine(peer.dockerSocket), {
      signal: stop.signal,
      logger: silentLogger,
      onChange: (change) => {
        changes.push(change);
        const told: Iterable<[string, ContainerReport | null]> =
          change.kind === 'snapshot'
            ? change.containers
            : change.kind === 'changed'
              ? [[change.containerId, change.report]]
              : [];
        for (const [id, report] of told) {
          reports.set(id, report);
          ports.set(id, (report?.bindings ?? []).map(text));
        }
      },
    });
    await vi.waitUntil(() => changes.length > 0);
    expect(changes[0]?.kind).toBe('snapshot');
  });

  afterEach(async () => {
    stop.abort();
    await watching;
    const all = await peer.docker('ps', '-aq');
    if (all !== '') await peer.docker('rm', '-f', ...all.split('\n'));
  });

  const text = ({ hostIp, hostPort, containerPort, protocol }: PortBinding): string =>
    `${hostIp}:${hostPort}->${containerPort}/${protocol}`;

  /** Waits, on a condition and not on a clock, until the container's bindings are these. */
  const publishes = (id: string, ...expected: string[]): Promise<void> =>
    vi.waitFor(
      () => {
        expect(ports.get(id) ?? []).toEqual(expected);
      },
      { timeout: 30_000, interval: 20 },
    );

  /** Runs a container; it ends at once when it is stopped. */
  const start = (...args: string[]): Promise<string> =>
    peer.docker('run', '-d', '--stop-signal', 'KILL', ...args, 'web');

  it('shows a published port when its container starts and not after it has stopped', async () => {
    const id = await start('-p', '127.0.0.1:18080:80');
    await publishes(id, '127.0.0.1:18080->80/tcp');
    await peer.docker('stop', '-t', '0', id);
    await publishes(id);
    await peer.docker('start', id);
    await publishes(id, '127.0.0.1:18080->80/tcp');
    await peer.docker('kill', id);
    await publishes(id);
  });

  it('shows IPv4 and IPv6 twins as two, and each protocol', async () => {
    const id = await start('-p', '18081:80', '-p', '127.0.0.1:18053:53/udp');
    await publishes(id, '127.0.0.1:18053->53/udp', '0.0.0.0:18081->80/tcp', ':::18081->80/tcp');
  });

  it('takes ports from a container that leaves its network, and gives them back when it returns', async () => {
    const id = await start('-p', '127.0.0.1:18082:80');
    await publishes(id, '127.0.0.1:18082->80/tcp');
    await peer.docker('network', 'disconnect', 'bridge', id);
    await publishes(id);
    await peer.docker('network', 'connect', 'bridge', id);
    await publishes(id, '127.0.0.1:18082->80/tcp');
  });

  it('keeps the ports of a container that is renamed or paused', async () => {
    const id = await start('-p', '127.0.0.1:18083:80');
    await publishes(id, '127.0.0.1:18083->80/tcp');
    await peer.docker('rename', id, 'other');
    await peer.docker('pause', id);
    const other = await start('-p', '127.0.0.1:18084:80');
    await publishes(other, '127.0.0.1:18084->80/tcp');
    await publishes(id, '127.0.0.1:18083->80/tcp');
    await peer.docker('unpause', id);
  });

  /** Waits until these are among the facts of the container. */
  const tells = (id: string, facts: Partial<ContainerFacts>): Promise<void> =>
    vi.waitFor(
      () => {
        expect(reports.get(id)?.facts).toMatchObject(facts);
      },
      { timeout: 30_000, interval: 20 },
    );

  it('tells name, image, Compose labels and start, follows a rename, a pause and the end', async () => {
    const label = 'com.docker.compose';
    const before = Date.now();
    const id = await start(
      ...['--name', 'shop-web-1', '-p', '127.0.0.1:18094:80'],
      ...['--label', `${label}.project=shop`, '--label', `${label}.service=web`],
    );
    await tells(id, {
      ...{ name: 'shop-web-1', image: 'web', composeProject: 'shop', composeService: 'web' },
      state: 'running',
    });
    expect(reports.get(id)?.facts?.startedAtMs).toBeGreaterThan(before - 60_000);
    await peer.docker('rename', id, 'shop-web-2');
    await tells(id, { name: 'shop-web-2' });
    await peer.docker('pause', id);
    await tells(id, { state: 'paused' });
    await peer.docker('unpause', id);
    await tells(id, { state: 'running' });
    await peer.docker('stop', '-t', '0', id);
    await tells(id, { state: 'exited', name: 'shop-web-2' });
    expect(reports.get(id)?.bindings).toEqual([]);
    await peer.docker('rm', id);
    await vi.waitUntil(() => reports.get(id) === null, 30_000);
  });

  it('knows containers that publish nothing, that were only created, and how healthy one is', async () => {
    const quiet = await start('--name', 'quiet-box');
    await tells(quiet, { name: 'quiet-box', state: 'running' });
    const created = await peer.docker('create', '--name', 'later', 'web');
    await tells(created, { name: 'later', state: 'created', startedAtMs: 0 });
    const looked = await start('--health-cmd', 'exit 0', '--health-interval', '1s');
    await tells(looked, { health: 'healthy' });
  });

  it('finds the Compose labels of a container with thousands of others', async () => {
    const labels = Array.from({ length: 5000 }, (_, index) => ['--label', `label-${index}=x`]).flat();
    const id = await start('--name', 'labelled', ...labels, '--label', 'com.docker.compose.project=shop');
    await tells(id, { name: 'labelled', composeProject: 'shop' });
    await peer.docker('rename', id, 'renamed');
    await tells(id, { name: 'renamed', composeProject: 'shop' });
  });

  it('follows random host ports through a restart', async () => {
    const id = await start('-p', '127.0.0.1::80');
    const published = async (): Promise<string> => `${await peer.docker('port', id, '80')}->80/tcp`;
    await publishes(id, await published());
    await peer.docker('restart', '-t', '0', id);
    await publishes(id, await published());
  });

  it('shows nothing for EXPOSE alone', async () => {
    const exposed = await start('--expose', '90');
    const published = await start('-p', '127.0.0.1:18085:80', '--expose', '91');
    await publishes(published, '127.0.0.1:18085->80/tcp');
    await publishes(exposed);
  });

  it('shows nothing for a container that could not start because its port is taken', async () => {
    const id = await start('-p', '127.0.0.1:18086:80');
    await publishes(id, '127.0.0.1:18086->80/tcp');
    await expect(start('--name', 'late', '-p', '127.0.0.1:18086:80')).rejects.toThrow(/18086/);
    const late = await peer.docker('inspect', '-f', '{{.Id}}', 'late');
    const marker = await start('-p', '127.0.0.1:18087:80');
    await publishes(marker, '127.0.0.1:18087->80/tcp');
    await publishes(late);
    await publishes(id, '127.0.0.1:18086->80/tcp');
  });

  it('shows nothing for a container whose program does not exist', async () => {
    await expect(
      peer.docker('run', '-d', '--name', 'broken', '-p', '127.0.0.1:18088:80', 'web', '/missing'),
    ).rejects.toThrow(/missing/);
    const broken = await peer.docker('inspect', '-f', '{{.Id}}', 'broken');
    const marker = await start('-p', '127.0.0.1:18089:80');
    await publishes(marker, '127.0.0.1:18089->80/tcp');
    await publishes(broken);
  });

  it('notices a container that ends by itself', async () => {
    const id = await peer.docker('run', '-d', '-p', '127.0.0.1:18090:80', 'web', '/bin/sleep', '1');
    await publishes(id, '127.0.0.1:18090->80/tcp');
    await publishes(id);
  });

  it('finds what runs already when it begins', async () => {
    const id = await start('-p', '127.0.0.1:18091:80');
    stop.abort();
    await watching;
    const first: PortChange[] = [];
    stop = new AbortController();
    watching = watchPorts(createDockerEngine(peer.dockerSocket), {
      signal: stop.signal,
      logger: silentLogger,
      onChange: (change) => first.push(change),
    });
    await vi.waitUntil(() => first.length > 0, 10_000);
    expect(first[0]).toMatchObject({ kind: 'snapshot' });
    expect(first[0]).toHaveProperty('containers', new Map([[id, expect.anything()]]));
  });

  it('outlives a restart of the engine: what vanished goes, what came back returns', async () => {
    const gone = await start('-p', '127.0.0.1:18092:80');
    const back = await start('--restart', 'always', '-p', '127.0.0.1::80');
    await publishes(gone, '127.0.0.1:18092->80/tcp');
    await vi.waitUntil(() => ports.get(back)?.length === 1);
    await peer.stop();
    await vi.waitUntil(() => changes.at(-1)?.kind === 'stale', 10_000);
    await peer.start();
    await vi.waitUntil(() => changes.some(({ kind }) => kind === 'current'), 30_000);
    await publishes(gone);
    await vi.waitFor(
      async () => {
        expect(ports.get(back)).toEqual([`${await peer.docker('port', back, '80')}->80/tcp`]);
      },
      { timeout: 30_000 },
    );
    const fresh = await start('-p', '127.0.0.1:18093:80');
    await publishes(fresh, '127.0.0.1:18093->80/tcp');
  });
});
