import { execFile, spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, open, readFile, rm } from 'node:fs/promises';
import { connect, createServer, type AddressInfo, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { fetchMicrosandbox, peerCache, type MicrosandboxVersion } from '../support/microsandbox-package.ts';
import { HomeMirror } from './home-mirror.ts';

const run = promisify(execFile);
const buildTimeoutMs = 600_000;
const bootTimeoutMs = 420_000;
const clockIntervalMs = 1000;

/** The name of the sandbox that runs. */
export const sandboxName = 't1';

/**
 * A real msb with a real sandbox, in a machine that QEMU emulates (an AMD processor with virtualisation), because msb
 * needs one and test machines rarely let a program have it. Everything that answers is the vendor's.
 */
export class MicrosandboxMachine {
  /** A live copy of the machine's `MSB_HOME`, at most about a second behind; its sockets lead to the real ones. */
  readonly home: string;
  /** Port on this machine's loopback that is published from port 8080 of the sandbox. */
  readonly publishedPort: number;
  readonly #folder: string;
  readonly #doorPort: number;
  readonly #qemu: ChildProcess;
  readonly #mirror: HomeMirror;
  readonly #stop = new AbortController();
  readonly #clock: Promise<void>;

  private constructor(folder: string, doorPort: number, publishedPort: number, qemu: ChildProcess) {
    this.home = join(folder, 'h');
    this.publishedPort = publishedPort;
    this.#folder = folder;
    this.#doorPort = doorPort;
    this.#qemu = qemu;
    this.#mirror = new HomeMirror(this.home, (line) => this.#enter(line));
    this.#clock = this.#keepClock();
  }

  /** Builds what is missing, boots, and waits until the sandbox serves. */
  static async start(version: MicrosandboxVersion): Promise<MicrosandboxMachine> {
    const cache = peerCache();
    const script = join(import.meta.dirname, 'build.sh');
    await run(script, [cache, await fetchMicrosandbox(version), version], { timeout: buildTimeoutMs });
    const folder = await mkdtemp(join(tmpdir(), 'msb-'));
    const [doorPort = 0, publishedPort = 0] = await freePorts(2);
    const log = await open(join(folder, 'qemu.log'), 'w');
    const forward = (here: number, there: number): string =>
      `hostfwd=tcp:127.0.0.1:${here}-10.0.2.15:${there}`;
    const qemu = spawn(
      'qemu-system-x86_64',
      [
        ['-accel', 'tcg,thread=multi', '-machine', 'q35', '-cpu', 'EPYC', '-smp', '2', '-m', '1536'],
        ['-kernel', join(cache, 'vmlinuz'), '-initrd', join(cache, 'initrd.gz')],
        [
          '-append',
          `console=ttyS0 quiet mitigations=off panic=-1 tsc=reliable clocksource=tsc test.published=${publishedPort}`,
        ],
        [
          '-drive',
          `file=${join(cache, `disk-${version}.img`)},format=raw,if=virtio,cache=unsafe,snapshot=on`,
        ],
        ['-netdev', `user,id=net,${forward(doorPort, 7000)}`, '-device', 'virtio-net-pci,netdev=net'],
        [
          '-device',
          'virtio-rng-pci',
          '-display',
          'none',
          '-no-reboot',
          '-monitor',
          'none',
          '-serial',
          'stdio',
        ],
      ].flat(),
      { stdio: ['ignore', log.fd, log.fd] },
    );
    await log.close();
    const machine = new MicrosandboxMachine(folder, doorPort, publishedPort, qemu);
    try {
      await machine.#waitUntilReady();
      return machine;
    } catch (error) {
      const tail = (await readFile(join(folder, 'qemu.log'), 'utf8')).slice(-2000);
      await machine.stop();
      throw new Error(`The machine did not come up. It printed:\n${tail}`, { cause: error });
    }
  }

  /** Runs a shell command in the machine and returns what it printed. */
  exec(command: string): Promise<string> {
    return this.#ask(`X ${command}`);
  }

  /** Ends the machine and forgets its home. */
  async stop(): Promise<void> {
    this.#stop.abort();
    await Promise.all([this.#mirror.close(), this.#clock]);
    if (this.#qemu.exitCode === null && this.#qemu.kill('SIGKILL')) await once(this.#qemu, 'exit');
    await rm(this.#folder, { recursive: true });
  }

  /** The machine's clock follows this one's, as that of any host with network time does. */
  async #keepClock(): Promise<void> {
    const { signal } = this.#stop;
    while (!signal.aborted) {
      // While it boots nobody is at the door.
      await this.#ask(`T ${Date.now()}000000`).catch(() => undefined);
      await sleep(clockIntervalMs, undefined, { signal }).catch(() => undefined);
    }
  }

  async #ask(line: string): Promise<string> {
    let output = '';
    for await (const chunk of this.#enter(line) as AsyncIterable<Buffer>) output += chunk.toString();
    return output;
  }

  #enter(line: string): Socket {
    const socket = connect(this.#doorPort, '127.0.0.1');
    socket.setNoDelay(true);
    socket.write(`${line}\n`);
    return socket;
  }

  async #waitUntilReady(): Promise<void> {
    const deadline = Date.now() + bootTimeoutMs;
    while (Date.now() < deadline && this.#qemu.exitCode === null) {
      const answer = await this.exec('ls /run/ready').catch(() => '');
      if (answer.startsWith('/run/ready')) {
        await this.#mirror.start();
        return;
      }
      await sleep(500);
    }
    throw new Error(this.#qemu.exitCode === null ? 'It took too long.' : 'QEMU ended.');
  }
}

async function freePorts(count: number): Promise<number[]> {
  const servers = Array.from({ length: count }, () => createServer().listen(0, '127.0.0.1'));
  await Promise.all(servers.map((server) => once(server, 'listening')));
  const ports = servers.map((server) => (server.address() as AddressInfo).port);
  await Promise.all(servers.map((server) => new Promise((resolve) => server.close(resolve))));
  return ports;
}
