import * as l10n from '../../../base/l10n.ts';
import { openDaemonChannel } from '../../../agent/arcbox/daemon-channel.ts';
import type { Endpoint } from '../../../agent/endpoint.ts';
import { AgentError } from '../../../agent/errors.ts';
import {
  MachineServiceClientImpl,
  SystemServiceClientImpl,
  type MachineSummary,
} from '../../../agent/generated/arcbox/v1/daemon.ts';
import type { Logger } from '../../../base/logger.ts';
import { rpcOver, type RpcChannel } from '../../../agent/rpc/channel.ts';
import { pause } from '../../../base/pause.ts';
import { plain, plainText, type PlainText } from '../../../base/text.ts';
import { settleMs, slowLookMs, type Findings } from '../findings.ts';
import type { ArcboxSockets } from './sockets.ts';
import type { DiscoveredSandbox, DiscoveredState } from '../../model/discovered.ts';

const callTimeoutMs = 10_000;
/** Most machines of a daemon that are shown. */
export const maxMachines = 200;
const maxNameLength = 128;
const maxStateLength = 40;

/** The daemon's words for the state of a machine; an open set. */
const states: ReadonlyMap<string, DiscoveredState> = new Map([
  ['created', 'stopped'],
  ['starting', 'starting'],
  ['running', 'running'],
  ['paused', 'paused'],
  ['stopping', 'stopped'],
  ['stopped', 'stopped'],
]);

/** Lists the machines of the daemon that listens on `sockets`, once. */
export async function discoverArcbox(
  sockets: ArcboxSockets,
  signal: AbortSignal,
  logger: Logger,
): Promise<Findings> {
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
export async function followDaemon(
  sockets: ArcboxSockets,
  signal: AbortSignal,
  logger: Logger,
  onChange: (found: Findings) => void,
): Promise<AgentError> {
  let channel: RpcChannel | undefined;
  try {
    channel = await openDaemonChannel(daemonEndpoint(sockets), { timeoutMs: callTimeoutMs, signal, logger });
    const daemon = new SystemServiceClientImpl(rpcOver(channel, { timeoutMs: callTimeoutMs, signal }));
    let news = new AbortController();
    const over = new AbortController();
    const setups = (async (): Promise<void> => {
      try {
        for await (const { phase } of daemon.watchSetupStatus({})) {
          logger.debug(plain`ArcBox daemon: setup phase ${phase}`);
          news.abort();
        }
      } finally {
        over.abort();
        news.abort();
      }
    })();
    // It is waited for below, unless a call fails before.
    setups.catch(() => undefined);
    for (;;) {
      // The setup says nothing of a machine that somebody starts or stops.
      await pause(slowLookMs(Math.random()), news.signal);
      if (over.signal.aborted) break;
      news = new AbortController();
      onChange(await listMachines(channel, sockets, signal));
      // A setup that downloads something tells every bit of progress.
      await pause(settleMs(Math.random()), signal);
    }
    await setups;
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
): Promise<Findings> {
  const client = new MachineServiceClientImpl(rpcOver(channel, { timeoutMs: callTimeoutMs, signal }));
  const { machines } = await client.list({ all: true }).catch((error: unknown) => {
    if (error instanceof AgentError && error.code === 'remote_error') return { machines: [] };
    throw error;
  });
  return findingsOf(machines, sockets);
}

/** The machines that a daemon lists, and how many of them cannot be shown. */
export function findingsOf(machines: readonly MachineSummary[], sockets: ArcboxSockets): Findings {
  const sandboxes = new Map<string, DiscoveredSandbox>();
  for (const { id, name, state: word } of machines) {
    if (sandboxes.size === maxMachines) break;
    const shown = plainText(name === '' ? id : name, maxNameLength);
    if (id === '' || id.length > maxNameLength || shown === '' || sandboxes.has(id)) continue;
    const [state, plainWord] = [states.get(word), plainText(word, maxStateLength)];
    sandboxes.set(id, {
      name: shown,
      recordName: id,
      endpoint: { ...daemonEndpoint(sockets), machine: id },
      source: 'arcbox',
      state: state ?? 'stopped',
      // Only a Docker engine knows them, and not the daemon.
      ports: null,
      ...(state === undefined && plainWord !== '' && { note: l10n.t('It is recorded as {0}.', plainWord) }),
      // The forwarded Docker API is that of the system machine.
      ...(id === 'default' && { dockerSocket: sockets.docker }),
    });
  }
  return { sandboxes: [...sandboxes.values()], notes: notesOnLeftOut(machines.length - sandboxes.size) };
}

function notesOnLeftOut(leftOut: number): readonly PlainText[] {
  if (leftOut === 0) return [];
  return [
    leftOut === 1
      ? l10n.t('One machine is left out: there are too many, or its name cannot be used.')
      : l10n.t('{0} machines are left out: too many, or with unusable names.', leftOut),
  ];
}

function daemonEndpoint({ grpc }: ArcboxSockets): Endpoint {
  return { protocol: 'arcbox-daemon', transport: { kind: 'unix', path: grpc } };
}
