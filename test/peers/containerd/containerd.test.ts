import { mkdirSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { TtrpcChannel } from '../../../src/agent/rpc/ttrpc-channel.ts';
import { whyNoPackages } from '../../support/debian-packages.ts';
import { startProgram, type RunningProgram } from '../../support/programs.ts';
import { tempDir } from '../../support/temp-dir.ts';

const why =
  whyNoPackages({ containerd: '/usr/bin/containerd' }) ??
  (process.getuid?.() === 0 ? undefined : 'needs root');

describe.skipIf(why !== undefined)(`a real containerd${why === undefined ? '' : ` (${why})`}`, () => {
  const directory = tempDir();
  const address = join(directory, 'c.sock');
  const call = { timeoutMs: 30_000 };
  let containerd: RunningProgram;

  beforeAll(async () => {
    const [config, root, state] = ['config.toml', 'root', 'state'].map((name) => join(directory, name));
    mkdirSync(root ?? '');
    // Only what the test needs: the rest would reach for mounts and networks.
    writeFileSync(
      config ?? '',
      `version = 2\ndisabled_plugins = ["io.containerd.grpc.v1.cri", "io.containerd.internal.v1.opt"]\n`,
    );
    containerd = await startProgram(
      '/usr/bin/containerd',
      ['--config', config ?? '', '--address', address, '--root', root ?? '', '--state', state ?? ''],
      /containerd successfully booted/,
    );
  });

  afterAll(async () => {
    await containerd.stop();
  });

  it('answers calls that it does not know with typed errors, and lives on', async () => {
    const channel = new TtrpcChannel(connect(`${address}.ttrpc`));
    // Never its Events/Forward with an empty payload, which ends this containerd.
    for (const [service, text] of [
      ['arcbox.v1.AgentService', 'service arcbox.v1.AgentService'],
      ['containerd.services.events.v1.Events', 'service containerd.services.events.v1.Events'],
    ] as const) {
      await expect(channel.unary(service, 'Ping', new Uint8Array(0), call)).rejects.toMatchObject({
        code: 'unsupported',
        remote: { code: 12, text },
      });
    }
    channel.close();
    expect(containerd.process.exitCode).toBeNull();
    const again = new TtrpcChannel(connect(`${address}.ttrpc`));
    await expect(again.unary('x.Y', 'Z', new Uint8Array(0), call)).rejects.toMatchObject({
      code: 'unsupported',
    });
    again.close();
  });
});
