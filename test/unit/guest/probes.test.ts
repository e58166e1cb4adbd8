import { chmod, readFile, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import * as os from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { createDockerEngine } from '../../../src/docker/engine.ts';
import { findProgram, programPath, runProgram } from '../../../src/guest/probes/programs.ts';
import { probeContainerd, probeDockerd, probeRunc } from '../../../src/guest/probes/services.ts';
import {
  externalAddresses,
  parseLoadAverage,
  parseMeminfo,
  readSystemInfo,
} from '../../../src/guest/probes/system-info.ts';
import { temporaryFolder } from './support.ts';

const isWindows = process.platform === 'win32';

describe('system information', () => {
  it('reads memory in bytes', () => {
    const text = 'MemTotal:        2014536 kB\nMemFree:          100 kB\nMemAvailable:    1500000 kB\n';
    expect(parseMeminfo(text)).toEqual({ total: 2014536n * 1024n, available: 1500000n * 1024n });
  });

  it('leaves the default for memory that an old kernel does not tell', () => {
    expect(parseMeminfo('MemTotal: 1 kB\n')).toEqual({ total: 1024n, available: 0n });
    expect(parseMeminfo('')).toBeUndefined();
  });

  it('reads three load averages', () => {
    expect(parseLoadAverage('0.52 1.00 12.34 2/345 6789\n')).toEqual([0.52, 1, 12.34]);
    expect(parseLoadAverage('')).toBeUndefined();
  });

  it('lists each outside address once, in order, without loopback and link-local ones', () => {
    const entry = (address: string, internal = false): os.NetworkInterfaceInfo =>
      ({ address, internal }) as os.NetworkInterfaceInfo;
    expect(
      externalAddresses({
        lo: [entry('127.0.0.1', true), entry('::1', true)],
        eth0: [entry('10.0.0.2'), entry('fd00::2'), entry('fe80::1')],
        eth1: [entry('10.0.0.2'), entry('192.168.1.5')],
      }),
    ).toEqual(['10.0.0.2', 'fd00::2', '192.168.1.5']);
  });

  it('describes this machine', async () => {
    const info = await readSystemInfo();
    expect(info).toMatchObject({ osName: os.type(), hostname: os.hostname(), arch: os.machine() });
    expect(info.totalMemory).toBeGreaterThan(info.availableMemory);
    expect(info.availableMemory).toBeGreaterThan(0n);
    expect(info.loadAverage).toHaveLength(3);
    expect(info.cpuCount).toBeGreaterThan(0);
    expect(info.uptime).toBeGreaterThan(0n);
  });

  it.skipIf(process.platform !== 'linux')('agrees with /proc on Linux', async () => {
    const info = await readSystemInfo();
    const read = async (path: string): Promise<string> => (await readFile(path, 'utf8')).trim();
    expect(info.kernelVersion).toBe(await read('/proc/sys/kernel/osrelease'));
    expect(info.osVersion).toBe(await read('/proc/sys/kernel/version'));
    const total = /^MemTotal: +(\d+) kB/.exec(await read('/proc/meminfo'))?.[1];
    expect(info.totalMemory).toBe(BigInt(total!) * 1024n);
  });
});

describe.skipIf(isWindows)('service probes', () => {
  it('says which sockets containerd was sought at', async () => {
    const folder = await temporaryFolder();
    const sockets = [join(folder, 'a'), join(folder, 'b')];
    await writeFile(sockets[1]!, '');
    expect(await probeContainerd(sockets)).toEqual({
      name: 'containerd',
      status: 'not_ready',
      detail: `no reachable socket found; checked: ${sockets[0]!}, ${sockets[1]!} (connection refused)`,
    });
  });

  it('takes the first socket that accepts', async () => {
    const path = join(await temporaryFolder(), 'containerd.sock');
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(path, resolve));
    onTestFinished(() => void server.close());
    expect(await probeContainerd([`${path}.missing`, path])).toMatchObject({
      status: 'ready',
      detail: `socket reachable: ${path}`,
    });
  });

  it('tells a missing Docker socket from one that nobody listens on', async () => {
    const folder = await temporaryFolder();
    const path = join(folder, 'docker.sock');
    const engine = createDockerEngine(path);
    expect(await probeDockerd(engine)).toMatchObject({
      status: 'not_ready',
      detail: `socket missing: ${path}`,
    });
    await writeFile(path, '');
    expect(await probeDockerd(engine)).toMatchObject({
      status: 'error',
      detail: `socket exists but not connectable: ${path} (connection refused)`,
    });
  });

  it('does not call Docker ready before its API answers', async () => {
    const path = join(await temporaryFolder(), 'docker.sock');
    const server = createServer((socket) => socket.destroy());
    await new Promise<void>((resolve) => server.listen(path, resolve));
    onTestFinished(() => void server.close());
    const { status, detail } = await probeDockerd(createDockerEngine(path));
    expect(status).toBe('not_ready');
    expect(detail).toContain('socket connectable, API initializing');
  });

  it("tells runc's version, its absence and its failure", async () => {
    const folder = await temporaryFolder();
    expect(await probeRunc(folder)).toMatchObject({ status: 'not_ready', detail: 'binary not found: runc' });
    const runc = join(folder, 'runc');
    await writeFile(runc, '#!/bin/sh\necho runc version 9.9\necho commit: x\n');
    await chmod(runc, 0o755);
    expect(await probeRunc(folder)).toMatchObject({ status: 'ready', detail: `runc version 9.9 (${runc})` });
    await writeFile(runc, '#!/bin/sh\necho first >&2\necho broken >&2\nexit 1\n');
    expect(await probeRunc(folder)).toMatchObject({
      status: 'error',
      detail: `${runc} --version failed: broken`,
    });
  });
});

describe.skipIf(isWindows)('programs', () => {
  it('are sought in absolute folders only, and where Linux keeps daemons', () => {
    const folders = programPath('.:relative:/opt/x:/usr/bin').split(':');
    expect(folders[0]).toBe('/opt/x');
    expect(folders).toContain('/usr/sbin');
    expect(folders).not.toContain('.');
    expect(new Set(folders).size).toBe(folders.length);
  });

  it('are not found when they may not be run', async () => {
    const folder = await temporaryFolder();
    await writeFile(join(folder, 'tool'), '');
    expect(await findProgram('tool', folder)).toBeUndefined();
  });

  it('are killed when they take too long', async () => {
    expect(await runProgram('/bin/sleep', ['60'], 50)).toMatchObject({
      succeeded: false,
      complaint: 'it did not end within 50 ms',
    });
  });
});
