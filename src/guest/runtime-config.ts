import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { programPath } from './probes/programs.ts';

/** Where the runtime of this machine is, and where one that the agent starts keeps its things. */
export interface RuntimeConfig {
  /** Docker's socket; a named pipe on Windows. */
  readonly dockerSocket: string;
  /** True when `dockerSocket` is where the system's own Docker listens. */
  readonly isSystemDocker: boolean;
  /** containerd's socket when it was named; it is then started apart from dockerd. */
  readonly containerdSocket: string | undefined;
  /** Sockets on which containerd may listen, the likeliest first. */
  readonly containerdCandidates: readonly string[];
  /** Folder for logs, and for the data of daemons that are not the system's own. */
  readonly stateDir: string;
  /** Search path of programs, as in `PATH`. */
  readonly searchPath: string;
  /** Folder that exists while systemd runs the machine. */
  readonly systemdFolder: string;
}

/** What may be said about the runtime; everything has a default. */
export interface RuntimeOptions {
  readonly dockerSocket?: string | undefined;
  readonly containerdSocket?: string | undefined;
  /** Defaults to a folder under /var/lib/sandlight that belongs to the Docker socket. */
  readonly stateDir?: string | undefined;
  /** Searched for programs before the usual folders. Defaults to `PATH`. */
  readonly path?: string | undefined;
}

const systemDockerSockets = ['/var/run/docker.sock', '/run/docker.sock', '//./pipe/docker_engine'];
const systemContainerdSockets = [
  '/run/containerd/containerd.sock',
  // Where a dockerd listens for itself when it runs its own containerd.
  '/run/docker/containerd/containerd.sock',
];

/** Fills in the defaults. */
export function runtimeConfig(options: RuntimeOptions): RuntimeConfig {
  const dockerSocket =
    options.dockerSocket ??
    (process.platform === 'win32' ? '//./pipe/docker_engine' : '/var/run/docker.sock');
  const isSystemDocker = systemDockerSockets.includes(dockerSocket);
  const name = createHash('sha256').update(dockerSocket).digest('hex').slice(0, 12);
  const stateDir = options.stateDir ?? join('/var/lib/sandlight', name);
  const containerdCandidates =
    options.containerdSocket !== undefined
      ? [options.containerdSocket]
      : isSystemDocker
        ? systemContainerdSockets
        : [join(execRoot(stateDir), 'containerd/containerd.sock'), ...systemContainerdSockets];
  return {
    dockerSocket,
    isSystemDocker,
    containerdSocket: options.containerdSocket,
    containerdCandidates,
    stateDir,
    searchPath: programPath(options.path ?? process.env['PATH'] ?? ''),
    systemdFolder: '/run/systemd/system',
  };
}

/** Folder for the run-time files of a dockerd that is not the system's own. */
export function execRoot(stateDir: string): string {
  return join(stateDir, 'exec');
}
