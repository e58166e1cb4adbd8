import * as l10n from '../../../base/l10n.ts';
import { openDaemonChannel } from '../../../agent/arcbox/daemon-channel.ts';
import type { Endpoint } from '../../../agent/endpoint.ts';
import { AgentError } from '../../../agent/errors.ts';
import {
  MachineServiceClientImpl,
  SystemServiceClientImpl,
} from '../../../agent/generated/arcbox/v1/daemon.ts';
import type { Logger } from '../../../base/logger.ts';
import { rpcOver, type RpcChannel } from '../../../agent/rpc/channel.ts';
import { waitForPath } from '../../../base/path-watch.ts';
import { backoffMs } from '../../model/connection.ts';
import { plain, plainText } from '../../../base/text.ts';
import { findArcboxSockets, type ArcboxSockets } from './sockets.ts';
import type { DiscoveredSandbox, DiscoveredState } from '../../model/discovered.ts';

const callTimeoutMs = 10_000;
const maxMachines = 200;
const maxNameLength = 128;

/** The daemon's words for the state of a machine; other words count as stopped. */
const states: ReadonlyMap<string, DiscoveredState> = new Map([
  ['running', 'running'],
  ['starting', 'starting'],
]);

/** What is needed to follow a daemon. */
export interface WatchArcboxOptions {
  /** Where it may listen, the likeliest first. */
  readonly candidates: readonly [ArcboxSockets, ...ArcboxSockets[]];
  /** Called with every machine, whenever the daemon's setup moves on. The last list stays when the daemon goes away. */
  readonly onChange: (machines: readonly DiscoveredSandbox[]) => void;
  readonly signal: AbortSignal;
  readonly logger: Logger;
}

/**
 * Follows an ArcBox daemon until the signal aborts: waits for its socket to appear, lists its machines whenever its
 * setup changes, and starts over when it goes away. A machine without a daemon costs a watched folder.
 */
export async function watchArcbox({
  candidates,
  onChange,
  signal,
  logger,
}: WatchArcboxOptions): Promise<void> {
  for (let attempt = 0; !signal.aborted; attempt++) {
    const sockets = await findArcboxSockets(candidates);
    if (sockets !== undefined) {
      const reason = await followDaemon(sockets, signal, logger, (machines) => {
        attempt = 0;
        onChange(machines);
      });
      logger.debug(plain`ArcBox daemon: ${reason.message}`);
    }
    await waitForPath((sockets ?? candidates[0]).grpc, backoffMs(attempt, Math.random()), signal);
  }
}

/** Lists the machines of the daemon that listens on `sockets`, once. */
export async function discoverArcbox(
  sockets: ArcboxSockets,
  signal: AbortSignal,
  logger: Logger,
): Promise<readonly DiscoveredSandbox[]> {
  const channel = await openDaemonChannel(daemonEndpoint(sockets), {
    timeoutMs: callTimeoutMs,
    signal,
    logger,
  });
  try {
    return await listMachines(channel, sockets, signal);
  } finally {
    channel.close();
  }
}

/** Follows one connection to its end; resolves with why it ended. */
async function followDaemon(
  sockets: ArcboxSockets,
  signal: AbortSignal,
  logger: Logger,
  onMachines: (machines: readonly DiscoveredSandbox[]) => void,
): Promise<AgentError> {
  let channel: RpcChannel | undefined;
  try {
    channel = await openDaemonChannel(daemonEndpoint(sockets), { timeoutMs: callTimeoutMs, signal, logger });
    const daemon = new SystemServiceClientImpl(rpcOver(channel, { timeoutMs: callTimeoutMs, signal }));
    for await (const { phase } of daemon.watchSetupStatus({})) {
      logger.debug(plain`ArcBox daemon: setup phase ${phase}`);
      onMachines(await listMachines(channel, sockets, signal));
    }
    return new AgentError('connection_closed', l10n.t('The daemon ended its stream of setup states.'));
  } catch (error) {
    return AgentError.from(error, 'connection_closed');
  } finally {
    channel?.close();
  }
}

/** Before its machine runs, a daemon answers no machine call; it then has none to show. */
async function listMachines(
  channel: RpcChannel,
  sockets: ArcboxSockets,
  signal: AbortSignal,
): Promise<readonly DiscoveredSandbox[]> {
  const client = new MachineServiceClientImpl(rpcOver(channel, { timeoutMs: callTimeoutMs, signal }));
  const { machines } = await client.list({ all: true }).catch((error: unknown) => {
    if (error instanceof AgentError && error.code === 'remote_error') return { machines: [] };
    throw error;
  });
  return machines.slice(0, maxMachines).flatMap(({ id, name, state }) => {
    if (id === '' || id.length > maxNameLength) return [];
    return {
      name: plainText(name === '' ? id : name, maxNameLength),
      endpoint: { ...daemonEndpoint(sockets), machine: id },
      source: 'arcbox',
      state: states.get(state) ?? 'stopped',
      // Only a Docker engine knows them, and not the daemon.
      ports: null,
      // The forwarded Docker API is that of the system machine.
      ...(id === 'default' && { dockerSocket: sockets.docker }),
    };
  });
}

function daemonEndpoint({ grpc }: ArcboxSockets): Endpoint {
  return { protocol: 'arcbox-daemon', transport: { kind: 'unix', path: grpc } };
}
