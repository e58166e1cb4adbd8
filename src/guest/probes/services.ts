import { AgentError } from '../../agent/errors.ts';
import type { ServiceStatus } from '../../agent/generated/arcbox/v1/agent.ts';
import type { DockerEngine } from '../../docker/engine.ts';
import { findProgram, runProgram } from './programs.ts';
import { probeSocket } from './socket.ts';

/** Longest detail that is sent, in characters. */
export const maxDetailLength = 500;

const pingTimeoutMs = 3000;
const versionTimeoutMs = 2000;

/** containerd is ready when one of its possible sockets accepts a connection. */
export async function probeContainerd(sockets: readonly string[]): Promise<ServiceStatus> {
  const checked: string[] = [];
  for (const path of sockets) {
    const state = await probeSocket(path);
    if (state.kind === 'reachable') return service('containerd', 'ready', `socket reachable: ${path}`);
    checked.push(state.kind === 'missing' ? path : `${path} (${state.reason})`);
  }
  return service('containerd', 'not_ready', `no reachable socket found; checked: ${checked.join(', ')}`);
}

/** dockerd is ready when its API answers: a socket that only accepts connections may belong to a daemon that hangs. */
export async function probeDockerd(engine: DockerEngine): Promise<ServiceStatus> {
  const path = engine.socketPath;
  const state = await probeSocket(path);
  if (state.kind === 'missing') return service('dockerd', 'not_ready', `socket missing: ${path}`);
  if (state.kind === 'not_connectable') {
    return service('dockerd', 'error', `socket exists but not connectable: ${path} (${state.reason})`);
  }
  try {
    await engine.ping({ timeoutMs: pingTimeoutMs });
  } catch (error) {
    const why = AgentError.from(error, 'connection_closed').message;
    return service('dockerd', 'not_ready', `socket connectable, API initializing: ${path} (${why})`);
  }
  return service('dockerd', 'ready', `API /_ping OK: ${path}${await versionSuffix(engine)}`);
}

/** runc is ready when it can be found and tells its version. */
export async function probeRunc(searchPath: string): Promise<ServiceStatus> {
  const file = await findProgram('runc', searchPath);
  if (file === undefined) return service('runc', 'not_ready', 'binary not found: runc');
  const { succeeded, stdout, complaint } = await runProgram(file, ['--version'], versionTimeoutMs);
  const [firstLine = ''] = stdout.split('\n');
  return succeeded
    ? service('runc', 'ready', `${firstLine} (${file})`)
    : service('runc', 'error', `${file} --version failed: ${complaint}`);
}

/** `; Docker 20.10.24, API 1.41`, or nothing: a ready engine is ready even when it does not tell its version. */
async function versionSuffix(engine: DockerEngine): Promise<string> {
  try {
    const { version, apiVersion } = await engine.version({ timeoutMs: versionTimeoutMs });
    return version === '' ? '' : `; Docker ${version}, API ${apiVersion}`;
  } catch {
    return '';
  }
}

function service(name: string, status: 'ready' | 'not_ready' | 'error', detail: string): ServiceStatus {
  return { name, status, detail: detail.slice(0, maxDetailLength) };
}
