import { join } from 'node:path';
import * as l10n from '@vscode/l10n';
import type { TransportAddress } from '../../agent/endpoint.ts';
import type { DiscoveredSandbox, DiscoveredState } from './discovered.ts';
import { listFolder } from './bounded-file.ts';
import {
  relayAddresses,
  relayEndpoint,
  resolveMicrosandboxHome,
  type MicrosandboxHome,
} from './microsandbox-home.ts';
import { readInventory } from './microsandbox-inventory.ts';
import type { InventoryEntry } from './microsandbox-records.ts';
import { isListening, listListeningSockets } from './socket-liveness.ts';

/** All sandboxes found, by name, and why there may be more. */
export interface Discovery {
  readonly sandboxes: readonly DiscoveredSandbox[];
  readonly notes: readonly string[];
}

/** Sockets without a known name that are tried; each may cost a connection. */
const maxUnnamedSockets = 64;

/** Looks once. Never throws: a home that is absent is empty, one that cannot be read is a note. */
export async function discoverMicrosandbox(
  home?: MicrosandboxHome,
  signal?: AbortSignal,
): Promise<Discovery> {
  const where = home ?? (await resolveMicrosandboxHome());
  const [inventory, sockets, listed] = await Promise.all([
    readInventory(where, signal),
    listRelaySockets(where),
    listListeningSockets(),
  ]);
  const named = await Promise.all(
    inventory.entries.map((entry) => locate(where, entry, sockets.paths, listed)),
  );
  const unnamed = await findUnnamed(inventory.entries, where, sockets.paths, listed);
  const sandboxes = [...named, ...unnamed].sort((a, b) => (a.name < b.name ? -1 : 1));
  return { sandboxes, notes: [...inventory.notes, ...sockets.notes] };
}

async function locate(
  home: MicrosandboxHome,
  { name, status, ports }: InventoryEntry,
  present: ReadonlySet<string>,
  listed: ReadonlySet<string>,
): Promise<DiscoveredSandbox> {
  const addresses = relayAddresses(home, name);
  const fallback = addresses[0] ?? { kind: 'unix', path: home.runDir };
  const candidates = addresses.filter((address) => address.kind !== 'unix' || present.has(address.path));
  let live: TransportAddress | undefined;
  for (const address of candidates) {
    if (await isListening(address, listed)) {
      live = address;
      break;
    }
  }
  const { state, note } = reconcile(status, live !== undefined);
  return {
    name,
    endpoint: relayEndpoint(live ?? candidates[0] ?? fallback),
    source: 'microsandbox',
    state,
    ports,
    ...(note !== undefined && { note }),
  };
}

/** What is recorded against what was seen; what was seen wins. */
export function reconcile(status: string, isLive: boolean): { state: DiscoveredState; note?: string } {
  if (isLive) {
    if (status === 'Paused') return { state: 'paused' };
    if (status === 'Starting') return { state: 'starting' };
    if (status === 'Stopped' || status === 'Crashed') {
      return { state: 'running', note: l10n.t('It is recorded as {0}, but its relay listens.', status) };
    }
    return { state: 'running' };
  }
  switch (status) {
    case 'Created':
    case 'Stopped':
      return { state: 'stopped' };
    case 'Starting':
      return { state: 'starting' };
    case 'Crashed':
      return { state: 'dead', note: l10n.t('It crashed.') };
    default:
      return {
        state: 'dead',
        note: l10n.t(
          'It is recorded as {0}, but nothing listens on its socket: it was killed or crashed.',
          status.slice(0, 32),
        ),
      };
  }
}

/** Sandboxes whose socket listens although no record names them, as when neither `msb` nor its database can be read. */
async function findUnnamed(
  entries: readonly InventoryEntry[],
  home: MicrosandboxHome,
  present: ReadonlySet<string>,
  listed: ReadonlySet<string>,
): Promise<DiscoveredSandbox[]> {
  const known = new Set(
    entries
      .flatMap(({ name }) => relayAddresses(home, name, 'linux'))
      .map((address) => 'path' in address && address.path),
  );
  const hashes = new Set<string>();
  const found: DiscoveredSandbox[] = [];
  for (const path of [...present].filter((each) => !known.has(each)).slice(0, maxUnnamedSockets)) {
    // The older form of the path is a link to the newer one; both begin with the same digits.
    const hash = /([0-9a-f]{24})[0-9a-f]{0,8}(?:\.sock|[/\\]agent\.sock)$/.exec(path)?.[1];
    const address: TransportAddress = { kind: 'unix', path };
    if (hash === undefined || hashes.has(hash) || !(await isListening(address, listed))) continue;
    hashes.add(hash);
    found.push({
      name: `sandbox ${hash.slice(0, 8)}`,
      endpoint: relayEndpoint(address),
      source: 'microsandbox',
      state: 'running',
      ports: [],
      note: l10n.t('Its name is not known: only its socket was found.'),
    });
  }
  return found;
}

async function listRelaySockets({
  runDir,
}: MicrosandboxHome): Promise<{ paths: Set<string>; notes: string[] }> {
  const notes: string[] = [];
  const paths = new Set<string>();
  for (const name of await listFolder(join(runDir, 'sandboxes'), notes)) {
    if (/^[0-9a-f]{24}$/.test(name)) paths.add(join(runDir, 'sandboxes', name, 'agent.sock'));
  }
  for (const name of await listFolder(join(runDir, 'agent'), notes)) {
    if (/^[0-9a-f]{32}\.sock$/.test(name)) paths.add(join(runDir, 'agent', name));
  }
  return { paths, notes };
}
