import { homedir } from 'node:os';
import { dirname, join } from 'node:path';
import { kindOfPath } from '../../../base/bounded-file.ts';

/** The sockets of one ArcBox daemon. */
export interface ArcboxSockets {
  /** gRPC: machines and setup. */
  readonly grpc: string;
  /** The Docker API of the daemon's system machine. */
  readonly docker: string;
}

/**
 * Where a daemon may listen, the likeliest first: what `ARCBOX_GRPC_SOCKET` names, `run/` of the data folder (0.1.5 and
 * later), the data folder itself (0.1.4).
 */
export function arcboxCandidates(
  env: NodeJS.ProcessEnv = process.env,
  home = homedir(),
): [ArcboxSockets, ...ArcboxSockets[]] {
  const beside = (grpc: string): ArcboxSockets => ({ grpc, docker: join(dirname(grpc), 'docker.sock') });
  const dataDir = join(home, '.arcbox');
  const named = env['ARCBOX_GRPC_SOCKET'] ?? join(dataDir, 'run', 'arcbox.sock');
  return [beside(named), beside(join(dataDir, 'run', 'arcbox.sock')), beside(join(dataDir, 'arcbox.sock'))];
}

/** The first candidate whose gRPC socket exists. Its file system has a second to answer. */
export async function findArcboxSockets(
  candidates: readonly ArcboxSockets[],
): Promise<ArcboxSockets | undefined> {
  for (const sockets of candidates) {
    if ((await kindOfPath(sockets.grpc)) === 'socket') return sockets;
  }
  return undefined;
}
