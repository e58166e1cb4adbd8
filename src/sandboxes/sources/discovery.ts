import type { Logger } from '../../base/logger.ts';
import { joined, plain, type PlainText } from '../../base/text.ts';
import type { Disposable } from '../../base/emitter.ts';
import type { SandboxRegistry } from '../watch/sandbox-registry.ts';
import type { SandboxSpec } from '../model/snapshot.ts';
import { arcboxCandidates } from './arcbox/sockets.ts';
import { watchArcbox } from './arcbox/daemon.ts';
import type { DiscoveredSandbox } from '../model/discovered.ts';
import { onConnectionLost } from './lost-connections.ts';
import { resolveMicrosandboxHome } from './microsandbox/home.ts';
import { watchMicrosandbox } from './microsandbox/watch.ts';
import { discoverMicrosandbox } from './microsandbox/discover.ts';

/** Which kinds of sandboxes to look for. */
export interface DiscoverySettings {
  readonly microsandbox: boolean;
  readonly arcbox: boolean;
}

/** What discovery tells besides sandboxes. */
export interface DiscoveryDependencies {
  readonly logger: Logger;
  /** Hears why there may be more sandboxes than are shown, whenever that changes. */
  readonly onProblems: (problems: readonly PlainText[]) => void;
}

/** Keeps the registry's discovered sandboxes current until disposed of; they then leave the registry. */
export function startDiscovery(
  registry: SandboxRegistry,
  { microsandbox, arcbox }: DiscoverySettings,
  dependencies: DiscoveryDependencies,
): Disposable {
  const stop = new AbortController();
  const { signal } = stop;
  const { logger } = dependencies;
  if (microsandbox) void followMicrosandbox(registry, signal, dependencies);
  if (arcbox) {
    const onChange = (machines: readonly DiscoveredSandbox[]): void => {
      registry.setSource('arcbox', machines.map(specOf));
    };
    void watchArcbox({ candidates: arcboxCandidates(), onChange, signal, logger });
  }
  return {
    dispose: () => {
      stop.abort();
      registry.setSource('microsandbox', []);
      registry.setSource('arcbox', []);
    },
  };
}

async function followMicrosandbox(
  registry: SandboxRegistry,
  signal: AbortSignal,
  { logger, onProblems }: DiscoveryDependencies,
): Promise<void> {
  const home = await resolveMicrosandboxHome();
  if (signal.aborted) return;
  let told: PlainText | undefined;
  let isLooking = false;
  let mustLookAgain = false;
  const look = async (): Promise<void> => {
    mustLookAgain = isLooking;
    if (isLooking) return;
    isLooking = true;
    const { sandboxes, notes } = await discoverMicrosandbox(home, signal);
    isLooking = false;
    if (signal.aborted) return;
    registry.setSource('microsandbox', sandboxes.map(specOf));
    const text = joined(notes, ' ');
    if (text !== (told ?? '')) {
      if (text !== '') logger.warn(plain`microsandbox: ${text}`);
      onProblems(notes.map((note) => plain`microsandbox: ${note}`));
      told = text;
    }
    if (mustLookAgain) await look();
  };
  watchMicrosandbox(home, () => void look(), signal);
  const losses = onConnectionLost(registry, 'microsandbox', () => void look());
  signal.addEventListener(
    'abort',
    () => {
      losses.dispose();
    },
    { once: true },
  );
  await look();
}

/** A discovered sandbox as one to be watched. */
export function specOf({
  name,
  endpoint,
  source,
  dockerSocket,
  ...discovered
}: DiscoveredSandbox): SandboxSpec {
  return {
    id: `${source}/${discovered.recordName ?? name}`,
    name,
    endpoint,
    source,
    discovered,
    ...(dockerSocket !== undefined && { dockerSocket }),
  };
}
