import { execFile, spawn } from 'node:child_process';
import { access, cp, mkdir, mkdtemp, open, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** Debian packages that the peer needs, and a file of each that tells whether it is there. */
const packages = {
  containerd: '/usr/bin/containerd',
  'docker.io': '/usr/sbin/dockerd',
  runc: '/usr/sbin/runc',
  iptables: '/usr/sbin/iptables',
  iproute2: '/usr/sbin/ip',
  'busybox-static': '/bin/busybox',
} as const;

/** Why no real Docker can run here, after installing what is missing where that is possible; `undefined` when it can. */
export async function whyNoDocker(): Promise<string | undefined> {
  if (process.platform !== 'linux') return 'needs Linux';
  if (process.getuid?.() !== 0) return 'needs root';
  const missing: string[] = [];
  for (const [name, file] of Object.entries(packages)) if (!(await exists(file))) missing.push(name);
  if (missing.length === 0) return undefined;
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
  const aptGet = (...args: string[]): Promise<unknown> =>
    run('apt-get', ['-qq', '-o', 'DPkg::Lock::Timeout=120', ...args], { env });
  try {
    await aptGet('update');
    await aptGet('install', '-y', '--no-install-recommends', ...missing);
    return undefined;
  } catch {
    return `needs the Debian packages ${missing.join(', ')}`;
  }
}

/**
 * A shell script that runs a program, given with its arguments as "$@", in a network namespace of its own: bridges and
 * firewall rules of the machine stay untouched, and all of it goes away with the program.
 */
export const inOwnNetwork = `exec unshare --net sh -c 'ip link set lo up && exec "$@"' sh "$@"`;

/** dockerd calls iptables, which an ordinary search path may not reach. */
const daemonEnv = { ...process.env, PATH: `${process.env['PATH'] ?? ''}:/usr/sbin:/sbin` };

/** A real dockerd that runs its own containerd, on private sockets. */
export class DockerPeer {
  readonly dir: string;
  readonly dockerSocket: string;
  readonly containerdSocket: string;

  constructor(dir: string) {
    this.dir = dir;
    this.dockerSocket = join(dir, 'docker.sock');
    this.containerdSocket = join(dir, 'exec/containerd/containerd.sock');
  }

  /** Starts dockerd and waits until it answers. */
  async start(): Promise<void> {
    const log = await open(join(this.dir, 'log'), 'a');
    const dockerd = [
      '/usr/sbin/dockerd',
      ...['-H', `unix://${this.dockerSocket}`],
      ...['--data-root', join(this.dir, 'data'), '--exec-root', join(this.dir, 'exec')],
      ...['--pidfile', join(this.dir, 'pid')],
    ];
    const child = spawn('sh', ['-c', inOwnNetwork, 'sh', ...dockerd], {
      detached: true,
      env: daemonEnv,
      stdio: ['ignore', log.fd, log.fd],
    });
    child.unref();
    await log.close();
    for (let tries = 0; tries < 300; tries++) {
      if (await succeeds(this.docker('version'))) return;
      if (child.exitCode !== null) break;
      await sleep(100);
    }
    throw new Error(`dockerd did not start: ${(await readFile(join(this.dir, 'log'), 'utf8')).slice(-2000)}`);
  }

  /** Ends dockerd and its containers, and waits until it is gone. */
  async stop(): Promise<void> {
    await endProcess(Number(await readFile(join(this.dir, 'pid'), 'utf8')));
  }

  /** Stops dockerd, if it runs, and removes everything. */
  async remove(): Promise<void> {
    if (await exists(join(this.dir, 'pid'))) await this.stop();
    await rm(this.dir, { recursive: true, force: true, maxRetries: 5 });
  }

  /** Runs the `docker` command; resolves with what it printed, trimmed. */
  async docker(...args: string[]): Promise<string> {
    return docker(this.dockerSocket, ...args);
  }
}

/** A running {@link DockerPeer} that has the image `web`. */
export async function startDockerPeer(): Promise<DockerPeer> {
  const peer = new DockerPeer(await mkdtemp(join(tmpdir(), 'dockerd-')));
  await peer.start();
  await makeWebImage(peer.dockerSocket);
  return peer;
}

/** Runs the `docker` command on a socket. */
export async function docker(socket: string, ...args: string[]): Promise<string> {
  const { stdout } = await run('docker', ['-H', `unix://${socket}`, ...args]);
  return stdout.trim();
}

/** Makes the image `web`, which serves a page on port 80 and is BusyBox and nothing else. */
export async function makeWebImage(socket: string): Promise<void> {
  const root = await mkdtemp(join(tmpdir(), 'web-'));
  await mkdir(join(root, 'bin'));
  await cp('/bin/busybox', join(root, 'bin/busybox'));
  for (const name of ['sh', 'httpd', 'sleep']) await symlink('busybox', join(root, 'bin', name));
  await writeFile(join(root, 'index.html'), 'hello\n');
  const tar = join(root, '..', `${root.split('/').at(-1) ?? ''}.tar`);
  await run('tar', ['-C', root, '-cf', tar, '.']);
  await docker(socket, 'import', '-c', 'CMD ["/bin/httpd","-f","-p","80","-h","/"]', tar, 'web');
  await rm(root, { recursive: true });
  await rm(tar);
}

/** Asks a process to end and waits until it is gone; kills it when it takes half a minute. */
export async function endProcess(pid: number): Promise<void> {
  for (let tries = 0; tries < 300; tries++) {
    try {
      process.kill(pid, tries === 0 ? 'SIGTERM' : 0);
    } catch {
      return;
    }
    await sleep(100);
  }
  process.kill(pid, 'SIGKILL');
}

async function succeeds(attempt: Promise<unknown>): Promise<boolean> {
  try {
    await attempt;
    return true;
  } catch {
    return false;
  }
}

async function exists(path: string): Promise<boolean> {
  return succeeds(access(path));
}
