import { compareText } from '../../../base/compare-text.ts';
import { join } from 'node:path';
import * as l10n from '../../../base/l10n.ts';
import type { TransportAddress } from '../../../agent/endpoint.ts';
import { maxQuotedLength } from '../../../agent/errors.ts';
import { joined, plain, plainText, type PlainText } from '../../../base/text.ts';
import { listFolder } from '../../../base/bounded-file.ts';
import type { DiscoveredSandbox, DiscoveredState } from '../../model/discovered.ts';
import {
  maxSandboxNameBytes,
  relayAddresses,
  relayEndpoint,
  relayFolderPattern,
  resolveMicrosandboxHome,
  sandboxHashes,
  whyNoEntry,
  type MicrosandboxHome,
} from './home.ts';
import { readInventory } from './inventory.ts';
import type { Findings } from '../findings.ts';
import type { InventoryEntry, RecordedPorts } from './records.ts';
import { isListening, listListeningSockets } from './socket-liveness.ts';

/** The sandboxes found, by name. */
export interface MicrosandboxFindings extends Findings {
  /** True when one is on its way to another state, or paused: its record will change without any other sign. */
  readonly isUnsettled: boolean;
}

/** The words for states that are followed by a sign, or by nothing. The others, an open set, are on their way to another. */
const settledStatuses: ReadonlySet<string> = new Set(['Created', 'Running', 'Stopped', 'Crashed']);

/** Sockets without a known name that are tried; each may cost a connection. */
const maxUnnamedSockets = 64;
/** Sandboxes that are looked for at the same time. */
const maxProbesAtOnce = 32;
/** Longest word for a state that is quoted. */
const maxStatusLength = 40;

/** Looks once. Never throws: a home that is absent is empty, one that cannot be read is a note. */
export async function discoverMicrosandbox(
  home?: MicrosandboxHome,
  signal?: AbortSignal,
): Promise<MicrosandboxFindings> {
  const where = home ?? (await resolveMicrosandboxHome());
  const whyNot = await whyNoEntry(where.home);
  if (whyNot !== undefined) return { sandboxes: [], notes: whyNot, isUnsettled: false };
  const [inventory, sockets, listed] = await Promise.all([
    readInventory(where, signal),
    listRelaySockets(where),
    listListeningSockets(),
  ]);
  const named = await mapBounded(inventory.entries, (entry) => locate(where, entry, sockets, listed));
  const unnamed = await findUnnamed(inventory.entries, where, sockets, listed);
  return {
    sandboxes: [...named, ...unnamed.sandboxes].sort(byRecordName),
    notes: [...inventory.notes, ...sockets.notes, ...unnamed.notes],
    isUnsettled: inventory.entries.some(({ status }) => !settledStatuses.has(status)),
  };
}

function byRecordName(a: DiscoveredSandbox, b: DiscoveredSandbox): number {
  return compareText(a.recordName ?? a.name, b.recordName ?? b.name);
}

async function locate(
  home: MicrosandboxHome,
  { name: recordName, status, ports, isClockFree }: InventoryEntry,
  { paths, isComplete }: RelaySockets,
  listed: ReadonlySet<string>,
): Promise<DiscoveredSandbox> {
  const addresses = relayAddresses(home, recordName);
  const isPresent = (address: TransportAddress): boolean =>
    address.kind !== 'unix' || paths.has(address.path);
  let live: TransportAddress | undefined;
  for (const address of isComplete ? addresses.filter(isPresent) : addresses) {
    if (await isListening(address, listed)) {
      live = address;
      break;
    }
  }
  const { state, note } = reconcile(status, live !== undefined);
  const notes = [note, ...notesOnPorts(ports)].filter((sentence) => sentence !== undefined);
  const shown = plainText(recordName, maxSandboxNameBytes);
  return {
    name: shown === '' ? nameOfHash(sandboxHashes(recordName).short) : shown,
    recordName,
    endpoint: relayEndpoint(live ?? addresses.find(isPresent) ?? addresses[0]),
    source: 'microsandbox',
    state,
    ports: ports?.ports ?? null,
    ...(isClockFree === true && { isClockFree }),
    ...(notes.length > 0 && { note: joined(notes, ' ') }),
  };
}

function notesOnPorts(ports: RecordedPorts | null): readonly PlainText[] {
  if (ports === null || ports.leftOut === 0) return [];
  return [
    ports.leftOut === 1
      ? l10n.t('One published port is left out: there are too many, or it makes no sense.')
      : l10n.t('{0} published ports are left out: too many, or they make no sense.', ports.leftOut),
  ];
}

/** `Promise.all` over `work` on each value, with few at once: each may open a file or a connection. */
async function mapBounded<T, R>(values: readonly T[], work: (value: T) => Promise<R>): Promise<R[]> {
  const results: R[] = [];
  const queue = values.entries();
  const worker = async (): Promise<void> => {
    for (const [index, value] of queue) results[index] = await work(value);
  };
  await Promise.all(Array.from({ length: maxProbesAtOnce }, worker));
  return results;
}

/** What a sandbox is called whose name is not known, or cannot be shown. */
const nameOfHash = (hash: string): PlainText => plain`sandbox ${plainText(hash.slice(0, 8), 8)}`;

/** What is recorded against what was seen; what was seen wins. */
export function reconcile(status: string, isLive: boolean): { state: DiscoveredState; note?: PlainText } {
  const word = plainText(status, maxStatusLength);
  if (isLive) {
    switch (status) {
      case 'Running':
        return { state: 'running' };
      case 'Paused':
        return { state: 'paused' };
      case 'Starting':
        return { state: 'starting' };
      case 'Draining':
        return { state: 'running', note: l10n.t('It is shutting down.') };
      case 'Created':
      case 'Stopped':
      case 'Crashed':
        return { state: 'running', note: l10n.t('It is recorded as {0}, but its relay listens.', word) };
      default:
        return { state: 'running', note: l10n.t('It is recorded as {0}.', word) };
    }
  }
  switch (status) {
    case 'Created':
    case 'Stopped':
      return { state: 'stopped' };
    case 'Starting':
      return { state: 'starting' };
    case 'Crashed':
      return { state: 'dead', note: l10n.t('It crashed. Start it again with msb start.') };
    default:
      return {
        state: 'dead',
        note: l10n.t(
          'It is recorded as {0}, but nothing listens on its socket: it was killed or crashed. Start it again with msb start.',
          word,
        ),
      };
  }
}

/** Sandboxes whose socket listens although no record names them, as when neither `msb` nor its database can be read. */
async function findUnnamed(
  entries: readonly InventoryEntry[],
  home: MicrosandboxHome,
  { paths }: RelaySockets,
  listed: ReadonlySet<string>,
): Promise<Findings> {
  const known = new Set(
    entries
      .flatMap(({ name }) => relayAddresses(home, name, 'linux'))
      .map((address) => 'path' in address && address.path),
  );
  const unknown = [...paths]
    .filter((path) => !known.has(path))
    .sort((a, b) => Number(listed.has(b)) - Number(listed.has(a)));
  const hashes = new Set<string>();
  const sandboxes: DiscoveredSandbox[] = [];
  for (const path of unknown.slice(0, maxUnnamedSockets)) {
    // The older form of the path is a link to the newer one; both begin with the same digits.
    const hash = /([0-9a-f]{24})[0-9a-f]{0,8}(?:\.sock|[/\\]agent\.sock)$/.exec(path)?.[1];
    const address: TransportAddress = { kind: 'unix', path };
    if (hash === undefined || hashes.has(hash) || !(await isListening(address, listed))) continue;
    hashes.add(hash);
    sandboxes.push({
      name: nameOfHash(hash),
      endpoint: relayEndpoint(address),
      source: 'microsandbox',
      state: 'running',
      ports: null,
      note: l10n.t('Its name is not known: only its socket was found.'),
    });
  }
  return { sandboxes, notes: notesOnUntried(unknown.length - maxUnnamedSockets) };
}

function notesOnUntried(untried: number): readonly PlainText[] {
  if (untried <= 0) return [];
  return [
    untried === 1
      ? l10n.t('One socket that belongs to no known sandbox is not looked at.')
      : l10n.t('{0} sockets that belong to no known sandbox are not looked at.', untried),
  ];
}

/** Where relays may listen, by the folders that hold their sockets. */
interface RelaySockets {
  readonly paths: ReadonlySet<string>;
  /** False when there are more. */
  readonly isComplete: boolean;
  readonly notes: readonly PlainText[];
}

async function listRelaySockets({ runDir }: MicrosandboxHome): Promise<RelaySockets> {
  const [current, older] = [join(runDir, 'sandboxes'), join(runDir, 'agent')];
  const [folders, links] = await Promise.all([
    listFolder(current, relayFolderPattern),
    listFolder(older, /^[0-9a-f]{32}\.sock$/),
  ]);
  const paths = new Set([
    ...folders.names.map((name) => join(current, name, 'agent.sock')),
    ...links.names.map((name) => join(older, name)),
  ]);
  const notes = [
    { path: current, ...folders },
    { path: older, ...links },
  ].flatMap(({ path, names, leftOut, problem }) => [
    ...(problem === undefined ? [] : [problem]),
    ...(leftOut === 0
      ? []
      : [
          l10n.t(
            '{0} entries of {1} are not looked at: it holds more than {2}.',
            leftOut,
            plainText(path, maxQuotedLength),
            names.length,
          ),
        ]),
  ]);
  return { paths, isComplete: notes.length === 0, notes };
}
