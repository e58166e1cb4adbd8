import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { installNode } from '../../../scripts/node.mts';
import { decodeMicrosandboxEnvelope } from '../../../src/agent/microsandbox/envelope.ts';
import { MicrosandboxAgent } from '../../../src/guest/microsandbox/agent.ts';
import { MicrosandboxRelay } from '../../../src/guest/microsandbox/relay.ts';
import {
  fetchMicrosandbox,
  isPackageUsable,
  type MicrosandboxVersion,
} from '../support/microsandbox-package.ts';

const run = promisify(execFile);
const client = join(import.meta.dirname, 'client.mjs');

interface Seen {
  readonly ready: string;
  readonly flags: number;
  readonly body: string;
}

describe.skipIf(!isPackageUsable)('the official native client', () => {
  const streams = new Set<Socket>();
  let folder: string;
  let server: Server;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'native-'));
    const agent = new MicrosandboxAgent({
      ready: { boot_time_ns: 1n, init_time_ns: 2n, ready_time_ns: 3n, agent_version: '0.1.0' },
      log: () => undefined,
    });
    const relay = new MicrosandboxRelay(agent);
    server = createServer((stream) => {
      streams.add(stream);
      relay.accept(stream);
    });
    await new Promise<void>((resolve) => server.listen(join(folder, 'agent.sock'), resolve));
  });
  afterAll(async () => {
    for (const stream of streams) stream.destroy();
    await new Promise((resolve) => server.close(resolve));
    await rm(folder, { recursive: true });
  });

  test.each<MicrosandboxVersion>(['0.7.2'])(
    '%s connects to the reference agent and pings it',
    async (version) => {
      const addon = join(await fetchMicrosandbox(version), 'microsandbox.linux-x64-gnu.node');
      // The agent runs on the Node under test, the client, which is TypeScript in part, on the project's own.
      const { stdout } = await run(installNode(24), [client, addon, join(folder, 'agent.sock'), '200'], {
        timeout: 30_000,
      });
      const seen = JSON.parse(stdout) as Seen;
      expect(decodeMicrosandboxEnvelope(Buffer.from(seen.ready, 'hex'))).toMatchObject({
        t: 'core.ready',
      });
      expect(decodeMicrosandboxEnvelope(Buffer.from(seen.body, 'hex'))).toMatchObject({
        v: 7,
        t: 'core.pong',
      });
      expect(seen.flags).toBe(1);
    },
  );
});
