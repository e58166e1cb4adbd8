import { AgentError, type AgentErrorCode } from '../../agent/errors.ts';
import type { Logger } from '../../base/logger.ts';
import type { CallOptions } from '../../agent/rpc/channel.ts';
import type { AgentSession, PingResult, PortChange } from '../../agent/session.ts';
import { followDockerPorts } from './docker-ports.ts';
import { cleanRuntime, cleanSystem } from '../model/guest-facts.ts';
import { applyPortChange, bookOfPublished } from '../model/port-book.ts';
import type { SnapshotCell } from './snapshot-cell.ts';

/** How closely a sandbox is watched: everything while somebody looks, otherwise only what the status item needs. */
export type Attention = 'visible' | 'background';

/** Failures of one call that leave the connection usable. */
const harmlessCodes: ReadonlySet<AgentErrorCode> = new Set([
  'remote_error',
  'malformed_payload',
  'unsupported',
  'not_permitted',
]);

/**
 * Asks for what `attention` needs. In the background that is one call: the status, or a ping where there is none. An
 * answer that fails without harm to the connection is noted in the snapshot.
 *
 * @throws AgentError when the connection is of no more use.
 */
export async function pollAgent(
  cell: SnapshotCell,
  session: AgentSession,
  attention: Attention,
  options: CallOptions,
): Promise<void> {
  const { capabilities } = session;
  const isVisible = attention === 'visible';
  await notingFailure(cell, async () => {
    if (isVisible || !capabilities.has('runtime_status')) notePing(cell, await session.ping(options));
    if (capabilities.has('runtime_status')) {
      const value = cleanRuntime(await session.runtimeStatus(options), cell.cleaner);
      cell.patch({ runtime: { value, atMs: Date.now() } });
    }
    if (isVisible && capabilities.has('system_info')) {
      const value = cleanSystem(await session.systemInfo(options), cell.cleaner);
      cell.patch({ system: { value, atMs: Date.now() } });
    }
    cell.patch({ pollError: null });
  });
}

/** Reads what listens inside the guest, where the agent can tell; it counts as use of the sandbox. */
export async function readListening(
  cell: SnapshotCell,
  session: AgentSession,
  options: CallOptions,
): Promise<void> {
  if (!session.capabilities.has('listening_ports')) return;
  await notingFailure(cell, async () => {
    const value = await session.listeningPorts(options);
    cell.patch({ listening: { value, atMs: Date.now() } });
  });
}

/** Takes a round trip, and the clock where the agent reports it. */
export function notePing(cell: SnapshotCell, { rttMs, clockOffsetMs }: PingResult): void {
  const atMs = Date.now();
  const clock = clockOffsetMs === null ? {} : { clockOffsetMs: { value: clockOffsetMs, atMs } };
  cell.patch({ roundTripMs: { value: rttMs, atMs }, ...clock });
}

/**
 * Follows the published ports until the signal aborts: from the agent, or else from the sandbox's Docker engine, or else
 * as the sandbox's own tool lists them. Resolves when the first list is known.
 */
export async function followPorts(
  cell: SnapshotCell,
  session: AgentSession,
  options: CallOptions & { readonly signal: AbortSignal },
  logger: Logger,
): Promise<void> {
  const onChange = (change: PortChange): void => {
    cell.patch({ ports: applyPortChange(cell.snapshot.ports, change) });
  };
  try {
    await session.subscribePorts(onChange, options);
  } catch (error) {
    const reason = AgentError.from(error, 'unsupported');
    if (!harmlessCodes.has(reason.code)) throw reason;
    const { dockerSocket, discovered } = cell.snapshot;
    if (dockerSocket !== undefined) {
      cell.patch({ ports: null });
      void followDockerPorts(dockerSocket, onChange, options.signal, logger);
    } else if (discovered !== undefined) {
      cell.patch({ ports: bookOfPublished(discovered.ports) });
    } else {
      cell.patch({ ports: null, portsUnknownReason: reason.message });
    }
  }
}

async function notingFailure(cell: SnapshotCell, ask: () => Promise<void>): Promise<void> {
  try {
    await ask();
  } catch (error) {
    const reason = AgentError.from(error, 'connection_closed');
    if (!harmlessCodes.has(reason.code)) throw reason;
    cell.patch({ pollError: reason.message });
  }
}
