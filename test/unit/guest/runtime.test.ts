import { chmod, mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it, vi } from 'vitest';
import { silentLogger } from '../../../src/base/logger.ts';
import { createDockerEngine } from '../../../src/docker/engine.ts';
import { runtimeConfig } from '../../../src/guest/runtime-config.ts';
import { Runtime } from '../../../src/guest/runtime.ts';
import { missingBinaries } from '../../../src/guest/start-runtime.ts';
import { temporaryFolder } from './support.ts';

/** A runtime on private sockets whose programs are shell scripts; scripts stand for daemons that fail on purpose. */
async function runtimeWith(scripts: Record<string, string>): Promise<{ runtime: Runtime; folder: string }> {
  const folder = await temporaryFolder();
  const bin = join(folder, 'bin');
  await mkdir(bin);
  for (const [name, script] of Object.entries(scripts)) {
    await writeFile(join(bin, name), `#!/bin/sh\n${script}\n`);
    await chmod(join(bin, name), 0o755);
  }
  const config = {
    ...runtimeConfig({ dockerSocket: join(folder, 'docker.sock'), stateDir: join(folder, 'state') }),
    // Without the system's folders and sockets: what is not in bin is missing, and nothing runs.
    searchPath: bin,
    containerdCandidates: [join(folder, 'containerd.sock')],
  };
  return { runtime: new Runtime(config, createDockerEngine(config.dockerSocket), silentLogger), folder };
}

const cannotStart = process.platform !== 'linux' || process.getuid?.() !== 0;

describe('the runtime', () => {
  it('only looks when it is not asked to start anything', async () => {
    const { runtime, folder } = await runtimeWith({});
    expect(await runtime.ensure(false)).toEqual({
      ready: false,
      endpoint: `unix://${join(folder, 'docker.sock')}`,
      message: `docker socket missing: ${join(folder, 'docker.sock')}; missing runtime binaries: dockerd, containerd, runc`,
      status: 'failed',
    });
  });

  it.skipIf(process.platform !== 'linux')('says at once which programs are missing (Linux)', async () => {
    const { runtime } = await runtimeWith({ containerd: 'exit 1' });
    expect(await runtime.ensure(true)).toMatchObject({
      ready: false,
      status: 'failed',
      message: 'missing runtime binaries: dockerd, runc',
    });
  });

  it.skipIf(cannotStart)(
    'shares one start, tells its failure once, and then starts anew (Linux, root)',
    async () => {
      const { runtime, folder } = await runtimeWith({
        containerd: 'exit 1',
        runc: 'exit 1',
        dockerd: 'echo start >>"$0.log"; /bin/sleep 0.3; echo cannot lock the data; exit 3',
      });
      const starts = async (): Promise<number> =>
        (await readFile(join(folder, 'bin/dockerd.log'), 'utf8')).trim().split('\n').length;
      const answers = await Promise.all([runtime.ensure(true), runtime.ensure(true), runtime.ensure(true)]);
      expect(answers.map(({ status }) => status)).toEqual(['starting', 'starting', 'starting']);
      expect(answers[0]).toMatchObject({ ready: false, endpoint: '', message: 'runtime start in progress' });
      expect((await runtime.status()).detail).toContain('runtime start in progress');

      const failed = await vi.waitUntil(async () => {
        const answer = await runtime.ensure(true);
        return answer.status === 'failed' && answer;
      }, 5000);
      expect(failed.message).toContain('dockerd exited with code 3');
      expect(failed.message).toContain('cannot lock the data');
      expect(await starts()).toBe(1);
      expect((await runtime.status()).detail).toContain('the last start failed: dockerd exited');

      expect(await runtime.ensure(true)).toMatchObject({ status: 'starting' });
      await vi.waitUntil(async () => (await runtime.ensure(true)).status === 'failed', 5000);
      expect(await starts()).toBe(2);
    },
  );

  it('reports containerd, dockerd and runc, in this order', async () => {
    const { runtime } = await runtimeWith({});
    const status = await runtime.status();
    expect(status).toMatchObject({ containerdReady: false, dockerReady: false });
    expect(status.services.map(({ name }) => name)).toEqual(['containerd', 'dockerd', 'runc']);
  });
});

it('finds the programs that are installed', async () => {
  const folder = await temporaryFolder();
  await writeFile(join(folder, 'runc'), '');
  await chmod(join(folder, 'runc'), 0o755);
  expect(await missingBinaries(folder)).toEqual(
    process.platform === 'win32' ? [] : ['dockerd', 'containerd'],
  );
});
