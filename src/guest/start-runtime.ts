import { access, mkdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { DockerEngine } from '../docker/engine.ts';
import { startDaemon, type Daemon } from './daemon.ts';
import { findProgram, runProgram } from './probes/programs.ts';
import { probeSocket } from './probes/socket.ts';
import { execRoot, type RuntimeConfig } from './runtime-config.ts';

/** How the runtime can be started here. */
export type StartPlan =
  | { readonly kind: 'systemd'; readonly systemctl: string; readonly units: readonly string[] }
  | { readonly kind: 'daemons'; readonly dockerd: string; readonly containerd: string };

const runtimeBinaries = ['dockerd', 'containerd', 'runc'];

const systemctlTimeoutMs = 120_000;
const pollMs = 200;
const containerdTimeoutMs = 30_000;
const dockerdTimeoutMs = 90_000;

/** Names of the runtime's programs that are not installed. */
export async function missingBinaries(searchPath: string): Promise<string[]> {
  const found = await Promise.all(runtimeBinaries.map((name) => findProgram(name, searchPath)));
  return runtimeBinaries.filter((_name, index) => found[index] === undefined);
}

/**
 * Finds a way to start the runtime: the units of systemd where systemd runs the system's own Docker, otherwise the
 * programs themselves.
 *
 * @throws Error that says what is missing.
 */
export async function planStart(config: RuntimeConfig): Promise<StartPlan> {
  if (process.platform !== 'linux') throw new Error('the runtime can only be started on Linux');
  const socket = await probeSocket(config.dockerSocket);
  if (socket.kind === 'not_connectable' && socket.reason === 'permission denied') {
    throw new Error(
      `this user may not open ${config.dockerSocket}; run the agent as root or as a member of the socket's group`,
    );
  }
  if (config.isSystemDocker && config.containerdSocket === undefined) {
    const systemctl = await findProgram('systemctl', config.searchPath);
    if (systemctl !== undefined && (await exists(config.systemdFolder))) {
      const units = await loadedUnits(systemctl, ['containerd.service', 'docker.service']);
      if (units.includes('docker.service')) return { kind: 'systemd', systemctl, units };
    }
  }
  const missing = await missingBinaries(config.searchPath);
  const dockerd = await findProgram('dockerd', config.searchPath);
  const containerd = await findProgram('containerd', config.searchPath);
  if (dockerd === undefined || containerd === undefined || missing.length > 0) {
    throw new Error(`missing runtime binaries: ${missing.join(', ')}`);
  }
  if (process.getuid?.() !== 0)
    throw new Error('only root may start dockerd, and the agent does not run as root');
  return { kind: 'daemons', dockerd, containerd };
}

/**
 * Carries out a plan; resolves when Docker's API answers.
 *
 * @throws Error that says what failed, with the daemon's last words where it left any.
 */
export async function startRuntime(
  plan: StartPlan,
  config: RuntimeConfig,
  engine: DockerEngine,
): Promise<void> {
  if (plan.kind === 'systemd') {
    const args = ['--no-ask-password', 'start', ...plan.units];
    const { succeeded, complaint } = await runProgram(plan.systemctl, args, systemctlTimeoutMs);
    if (!succeeded) throw new Error(`systemctl start ${plan.units.join(' ')} failed: ${complaint}`);
    await waitUntil(() => answers(engine), dockerdTimeoutMs, undefined, 'dockerd');
    return;
  }
  await mkdir(config.stateDir, { recursive: true, mode: 0o700 });
  if (config.containerdSocket !== undefined)
    await startContainerd(plan.containerd, config.containerdSocket, config);
  // A dockerd that accepts connections but does not answer yet is waited for: a second one would take its socket.
  const isThere = (await probeSocket(config.dockerSocket)).kind === 'reachable';
  const dockerd = isThere ? undefined : await startDockerd(plan.dockerd, config);
  await waitUntil(() => answers(engine), dockerdTimeoutMs, dockerd, 'dockerd');
}

async function startContainerd(file: string, socket: string, config: RuntimeConfig): Promise<void> {
  const isReachable = async (): Promise<boolean> => (await probeSocket(socket)).kind === 'reachable';
  if (await isReachable()) return;
  await mkdir(dirname(socket), { recursive: true });
  const folder = join(config.stateDir, 'containerd');
  const args = ['--address', socket, '--root', join(folder, 'root'), '--state', join(folder, 'state')];
  const daemon = await startDaemon(file, args, {
    logFile: join(config.stateDir, 'containerd.log'),
    path: config.searchPath,
  });
  await waitUntil(isReachable, containerdTimeoutMs, daemon, 'containerd');
}

async function startDockerd(file: string, config: RuntimeConfig): Promise<Daemon> {
  await mkdir(dirname(config.dockerSocket), { recursive: true });
  return startDaemon(file, dockerdArguments(config), {
    logFile: join(config.stateDir, 'dockerd.log'),
    path: config.searchPath,
  });
}

/** The system's Docker keeps its own folders; any other gets folders of its own, so that the two never meet. */
function dockerdArguments({
  dockerSocket,
  isSystemDocker,
  containerdSocket,
  stateDir,
}: RuntimeConfig): string[] {
  const args = ['-H', `unix://${dockerSocket}`];
  if (!isSystemDocker) {
    args.push('--data-root', join(stateDir, 'data'), '--exec-root', execRoot(stateDir));
    args.push('--pidfile', join(stateDir, 'docker.pid'));
  }
  if (containerdSocket !== undefined) args.push('--containerd', containerdSocket);
  return args;
}

async function answers(engine: DockerEngine): Promise<boolean> {
  try {
    await engine.ping({ timeoutMs: 3000 });
    return true;
  } catch {
    // Not yet; the caller keeps asking until its time is up.
    return false;
  }
}

/** Waits for a condition, but not for a daemon that has ended. */
async function waitUntil(
  condition: () => Promise<boolean>,
  timeoutMs: number,
  daemon: Daemon | undefined,
  name: string,
): Promise<void> {
  const deadline = performance.now() + timeoutMs;
  while (!(await condition())) {
    if (daemon?.ended() !== undefined) throw new Error(`${name} ${await daemon.lastWords()}`);
    if (performance.now() > deadline) throw new Error(`${name} did not answer within ${timeoutMs / 1000} s`);
    await sleep(pollMs);
  }
}

async function loadedUnits(systemctl: string, units: readonly string[]): Promise<string[]> {
  const loaded: string[] = [];
  for (const unit of units) {
    const { stdout } = await runProgram(systemctl, ['show', '--property=LoadState', unit], 5000);
    if (stdout.trim() === 'LoadState=loaded') loaded.push(unit);
  }
  return loaded;
}

async function exists(path: string): Promise<boolean> {
  try {
    await access(path);
    return true;
  } catch {
    return false;
  }
}
