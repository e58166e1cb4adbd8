import { chmod, mkdir, readFile, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { runtimeConfig, type RuntimeConfig } from '../../../src/guest/runtime-config.ts';
import { planStart, startRuntime } from '../../../src/guest/start-runtime.ts';
import { FakeEngine } from '../docker/fake-engine.ts';
import { temporaryFolder } from './support.ts';

/**
 * A machine that looks as if systemd ran its Docker. `systemctl` is a script that knows the given units and keeps its
 * arguments; systemd itself does not run where tests do.
 */
async function systemdMachine(
  units: readonly string[],
  atStart = '',
): Promise<RuntimeConfig & { log: string }> {
  const folder = await temporaryFolder();
  const bin = join(folder, 'bin');
  await mkdir(bin);
  await script(
    join(bin, 'systemctl'),
    `[ "$1" = show ] && case " ${units.join(' ')} " in *" $3 "*) echo LoadState=loaded;; *) echo LoadState=not-found;; esac && exit
echo "$@" >>"$0.log"
${atStart}`,
  );
  return {
    ...runtimeConfig({ dockerSocket: join(folder, 'docker.sock'), stateDir: join(folder, 'state') }),
    isSystemDocker: true,
    searchPath: bin,
    systemdFolder: folder,
    log: join(bin, 'systemctl.log'),
  };
}

async function script(file: string, text: string): Promise<void> {
  await writeFile(file, `#!/bin/sh\n${text}\n`);
  await chmod(file, 0o755);
}

const isRoot = process.getuid?.() === 0;

describe.skipIf(process.platform !== 'linux')('starting the runtime (Linux)', () => {
  it("starts the units of systemd's own Docker", async () => {
    const config = await systemdMachine(['containerd.service', 'docker.service']);
    const plan = await planStart(config);
    expect(plan).toMatchObject({ kind: 'systemd', units: ['containerd.service', 'docker.service'] });
    await startRuntime(plan, config, new FakeEngine());
    expect(await readFile(config.log, 'utf8')).toBe(
      '--no-ask-password start containerd.service docker.service\n',
    );
  });

  it('starts Docker alone where containerd has no unit', async () => {
    const config = await systemdMachine(['docker.service']);
    expect(await planStart(config)).toMatchObject({ units: ['docker.service'] });
  });

  it("passes on systemd's reason", async () => {
    const config = await systemdMachine(
      ['docker.service'],
      'echo Unit docker.service is masked. >&2; exit 1',
    );
    await expect(startRuntime(await planStart(config), config, new FakeEngine())).rejects.toThrow(
      'systemctl start docker.service failed: Unit docker.service is masked.',
    );
  });

  it('looks for the programs where systemd knows no Docker', async () => {
    const config = await systemdMachine([]);
    await expect(planStart(config)).rejects.toThrow('missing runtime binaries: dockerd, containerd, runc');
  });

  it('does not use systemd for a Docker that is not its own', async () => {
    const config = await systemdMachine(['docker.service']);
    await expect(planStart({ ...config, isSystemDocker: false })).rejects.toThrow('missing runtime binaries');
  });

  it.skipIf(!isRoot)(
    'starts no second dockerd while one listens and does not answer yet (root)',
    async () => {
      const config = await systemdMachine([]);
      for (const name of ['dockerd', 'containerd', 'runc']) {
        await script(join(config.searchPath, name), 'echo started >"$0.log"');
      }
      const server = createServer();
      await new Promise<void>((resolve) => server.listen(config.dockerSocket, resolve));
      onTestFinished(() => void server.close());
      await startRuntime(await planStart(config), config, new FakeEngine());
      await expect(readFile(join(config.searchPath, 'dockerd.log'))).rejects.toThrow('ENOENT');
    },
  );

  it.skipIf(!isRoot)('gives a Docker of its own folders of its own (root)', async () => {
    const config = { ...(await systemdMachine([])), isSystemDocker: false };
    for (const name of ['containerd', 'runc']) await script(join(config.searchPath, name), 'exit 0');
    await script(join(config.searchPath, 'dockerd'), 'echo "$@" >"$0.log"; exit 1');
    const engine = new FakeEngine();
    engine.goDown();
    await expect(startRuntime(await planStart(config), config, engine)).rejects.toThrow(
      'dockerd exited with code 1',
    );
    const words = (await readFile(join(config.searchPath, 'dockerd.log'), 'utf8')).trim().split(' ');
    expect(words.slice(0, 2)).toEqual(['-H', `unix://${config.dockerSocket}`]);
    for (const flag of ['--data-root', '--exec-root', '--pidfile']) {
      expect(words[words.indexOf(flag) + 1]).toMatch(new RegExp(`^${config.stateDir}/`));
    }
    expect(words).not.toContain('--containerd');
  });
});
