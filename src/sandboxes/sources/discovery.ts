import { isDeepStrictEqual } from 'node:util';
import { backoffMs } from '../../base/backoff.ts';
import type { Disposable } from '../../base/emitter.ts';
import * as l10n from '../../base/l10n.ts';
import type { Logger } from '../../base/logger.ts';
import { joined, plain, plainText, type PlainText } from '../../base/text.ts';
import { maxQuotedLength } from '../../agent/errors.ts';
import type { DiscoveredSandbox } from '../model/discovered.ts';
import type { SandboxSpec } from '../model/snapshot.ts';
import type { SandboxRegistry } from '../watch/sandbox-registry.ts';
import { arcboxCandidates } from './arcbox/sockets.ts';
import { watchArcbox } from './arcbox/watch.ts';
import type { Findings } from './findings.ts';
import { onConnectionLost } from './lost-connections.ts';
import { discoverMicrosandbox } from './microsandbox/discover.ts';
import { resolveMicrosandboxHome } from './microsandbox/home.ts';
import { watchMicrosandbox } from './microsandbox/watch.ts';
import { oneAtATime } from './one-at-a-time.ts';

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

/** Takes what one family's look found. */
type Publish = (found: Findings) => void;

/** A look that takes longer is told of; the next one waits for it all the same. */
const lookPatienceMs = 20_000;
/** The first look after one that found something on its way to another state: a second later, by {@link backoffMs}. */
const firstFollowUp = 2;

/** Keeps the registry's discovered sandboxes current until disposed of; they then leave the registry. */
export function startDiscovery(
  registry: SandboxRegistry,
  { microsandbox, arcbox }: DiscoverySettings,
  { logger, onProblems }: DiscoveryDependencies,
): Disposable {
  const stop = new AbortController();
  const { signal } = stop;
  const problems = new Map<string, readonly PlainText[]>();
  const noteProblems = (source: 'microsandbox' | 'arcbox', notes: readonly PlainText[]): void => {
    const told = notes.map((note) => plain`${source}: ${note}`);
    if (isDeepStrictEqual(told, problems.get(source) ?? [])) return;
    problems.set(source, told);
    if (told.length > 0) logger.warn(joined(told, ' '));
    onProblems([...problems.values()].flat());
  };
  const publishAs = (source: 'microsandbox' | 'arcbox'): Publish => {
    let shown: readonly DiscoveredSandbox[] = [];
    return ({ sandboxes, notes }) => {
      if (signal.aborted) return;
      noteProblems(source, notes);
      // Most looks find what the one before found, and whoever shows the list is to hear of changes only.
      if (isDeepStrictEqual(sandboxes, shown)) return;
      shown = sandboxes;
      registry.setSource(source, sandboxes.map(specOf));
    };
  };
  if (microsandbox) {
    void followMicrosandbox(registry, signal, publishAs('microsandbox'), (sentence) => {
      noteProblems('microsandbox', [sentence]);
    });
  }
  if (arcbox)
    void watchArcbox({ candidates: arcboxCandidates(), onChange: publishAs('arcbox'), signal, logger });
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
  publish: Publish,
  tellProblem: (sentence: PlainText) => void,
): Promise<void> {
  const home = await resolveMicrosandboxHome();
  if (signal.aborted) return;
  let followUps = 0;
  let followUp: NodeJS.Timeout | undefined;
  const look = oneAtATime(async () => {
    if (signal.aborted) return;
    clearTimeout(followUp);
    const late = setTimeout(() => {
      const place = plainText(home.home, maxQuotedLength);
      tellProblem(l10n.t('Looking for sandboxes in {0} takes long; its file system may not answer.', place));
    }, lookPatienceMs);
    const found = await discoverMicrosandbox(home, signal);
    clearTimeout(late);
    publish(found);
    // What a record says next changes no file that is watched.
    if (found.isUnsettled)
      followUp = setTimeout(look, backoffMs(firstFollowUp + followUps++, Math.random())).unref();
  });
  const onNews = (): void => {
    followUps = 0;
    look();
  };
  const losses = onConnectionLost(registry, 'microsandbox', onNews);
  signal.addEventListener(
    'abort',
    () => {
      losses.dispose();
      clearTimeout(followUp);
    },
    { once: true },
  );
  await watchMicrosandbox(home, onNews, signal);
  look();
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
