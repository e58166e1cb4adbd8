import { afterAll, afterEach, beforeAll, describe, expect, onTestFinished, test, vi } from 'vitest';
import { connectAgent } from '../../../src/agent/connect.ts';
import { facetOf } from '../../../src/agent/session.ts';
import { silentLogger } from '../../../src/base/logger.ts';
import type { AgentSession } from '../../../src/agent/session.ts';
import type { DiscoveredSandbox } from '../../../src/sandboxes/model/discovered.ts';
import { specOf } from '../../../src/sandboxes/sources/discovery.ts';
import { discoverMicrosandbox } from '../../../src/sandboxes/sources/microsandbox/discover.ts';
import { readHeartbeat } from '../../../src/sandboxes/sources/microsandbox/heartbeat.ts';
import {
  resolveMicrosandboxHome,
  type MicrosandboxHome,
} from '../../../src/sandboxes/sources/microsandbox/home.ts';
import { watchMicrosandbox } from '../../../src/sandboxes/sources/microsandbox/watch.ts';
import { observeFromHost } from '../../../src/sandboxes/sources/microsandbox/observe.ts';
import { CallLog } from '../../../src/sandboxes/watch/call-log.ts';
import { SandboxRegistry } from '../../../src/sandboxes/watch/sandbox-registry.ts';
import type { MicrosandboxVersion } from '../support/microsandbox-package.ts';
import { MicrosandboxMachine, sandboxName } from './machine.ts';
import { whyNoMicrosandbox } from './why-not.ts';

const options = { timeoutMs: 20_000 };
const patient = { timeout: 90_000, interval: 500 };
const startMs = 900_000;

const reason = whyNoMicrosandbox();

describe.skipIf(reason !== undefined).each<MicrosandboxVersion>(['0.7.2', '0.6.18'])(
  `the real microsandbox %s${reason === undefined ? '' : ` (skipped: ${reason})`}`,
  (version) => {
    let machine: MicrosandboxMachine | undefined;
    let home: MicrosandboxHome;
    const sessions: AgentSession[] = [];

    beforeAll(async () => {
      machine = await MicrosandboxMachine.start(version);
      // An msb of this machine, if there is one, must not be asked about the other's home.
      vi.stubEnv('PATH', '/nowhere');
      home = await resolveMicrosandboxHome({ MSB_HOME: machine.home });
    }, startMs);
    afterEach(async () => {
      for (const session of sessions.splice(0)) session.close();
      // Whatever a test did, the user's sandbox runs on and answers.
      const session = await open();
      await session.ping(options);
      session.close();
      expect(await machine!.exec('msb ps -a --format json')).toMatch(/"status": *"Running"/);
    });
    afterAll(async () => {
      vi.restoreAllMocks();
      vi.unstubAllEnvs();
      await machine?.stop();
    });

    async function find(): Promise<DiscoveredSandbox | undefined> {
      return (await discoverMicrosandbox(home)).sandboxes.find(({ name }) => name === sandboxName);
    }

    async function open(): Promise<AgentSession> {
      const found = await find();
      if (found === undefined) throw new Error('the sandbox was not discovered');
      const session = await connectAgent(found.endpoint, { ...options, logger: silentLogger });
      sessions.push(session);
      return session;
    }

    test('is discovered by name, running, with its published port', async () => {
      expect(await find()).toMatchObject({
        name: sandboxName,
        state: 'running',
        ports: [
          { hostAddress: '127.0.0.1', hostPort: machine!.publishedPort, guestPort: 8080, protocol: 'tcp' },
        ],
      });
    });

    test('answers pings and touches, and tells who it is and how it booted', async () => {
      const session = await open();
      expect(session.agent).toEqual({ version, generation: 7 });
      expect(session.boot!.readyTimeNanos).toBeGreaterThan(session.boot!.bootTimeNanos);
      expect(await session.ping(options)).toMatchObject({ version });
      const before = await facetOf(session, 'activity').touch(options);
      expect(await facetOf(session, 'activity').touch(options)).toBeGreaterThan(before);
    });

    test('tells which sockets listen inside, with nothing run there', async () => {
      const { sockets, truncated } = await facetOf(await open(), 'listening').read(options);
      expect(sockets).toContainEqual({ address: '0.0.0.0', port: 8080 });
      expect(sockets).toContainEqual({ address: '127.0.0.1', port: 9090 });
      expect(truncated).toBe(false);
    });

    test('shows a clock set back an hour as drift, and loses it when synchronised', async () => {
      const session = await open();
      const driftSeconds = async (): Promise<number> =>
        Math.round(((await readHeartbeat(home, sandboxName))?.driftMs ?? NaN) / 1000);
      await expect.poll(async () => Math.abs(await driftSeconds()), patient).toBeLessThan(3);
      const anHourAgo = BigInt(Date.now() - 3_600_000) * 1_000_000n;
      expect(await facetOf(session, 'clock').sync({ ...options, unixNanos: anHourAgo })).toMatchObject({
        confirmed: true,
      });
      await expect.poll(driftSeconds, patient).toBeLessThan(-3000);
      expect(await facetOf(session, 'clock').sync(options)).toMatchObject({ confirmed: true });
      await expect.poll(async () => Math.abs(await driftSeconds()), patient).toBeLessThan(30);
    });

    test('has its clock measured anew when this machine has slept', async () => {
      vi.stubEnv('MSB_HOME', machine!.home);
      const registry = new SandboxRegistry({
        ...{ connect: connectAgent, logger: silentLogger, calls: new CallLog(), observe: observeFromHost },
      });
      const spec = specOf((await find())!);
      const wakes: string[] = [];
      registry.onDidWake((id) => wakes.push(id));
      const now = Date.now.bind(Date);
      onTestFinished(() => {
        registry.dispose();
      });
      const measuredAtMs = (): number => registry.get(spec.id)?.clockOffsetMs?.atMs ?? 0;
      const driftMs = (): number => Math.abs(registry.get(spec.id)?.clockOffsetMs?.value ?? Infinity);

      registry.setOnlooker('a person', () => true);
      registry.setSource('microsandbox', [spec]);
      await expect.poll(measuredAtMs, patient).toBeGreaterThan(0);
      // The world goes on an hour later, as when a lid is opened, and for good; the relay then corrects its guest.
      vi.spyOn(Date, 'now').mockImplementation(() => now() + 3_600_000);
      const wokenAtMs = Date.now();
      await expect.poll(() => wakes, patient).toEqual([spec.id]);
      await expect.poll(measuredAtMs, patient).toBeGreaterThan(wokenAtMs);
      await expect.poll(driftMs, patient).toBeLessThan(30_000);
    });

    test('is lost and found again when it restarts, and the watcher says so', async () => {
      const session = await open();
      const stop = new AbortController();
      let changes = 0;
      await watchMicrosandbox(home, () => changes++, stop.signal);
      const restarted = machine!.exec(`restart ${sandboxName}`);
      expect((await session.closed).code).toBe('connection_closed');
      await restarted;
      await expect.poll(() => changes, patient).toBeGreaterThan(0);
      await expect
        .poll(
          () =>
            open()
              .then((again) => again.ping(options))
              .then(
                ({ version: told }) => told,
                () => '',
              ),
          patient,
        )
        .toBe(version);
      stop.abort();
    });
  },
);
