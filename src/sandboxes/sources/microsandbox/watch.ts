import { watch, type FSWatcher } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { pause } from '../../../base/pause.ts';
import { listFolder } from '../../../base/bounded-file.ts';
import { relayFolderPattern, type MicrosandboxHome } from './home.ts';

/** Events come in bursts; a burst is one change. */
const settleMs = 150;

/** Sandboxes whose own folders are watched, for the socket that appears in them last. */
const maxWatchedSandboxes = 256;

/**
 * Calls `onChange` whenever sandboxes may have appeared or vanished, until the signal aborts. Nothing is polled: the
 * folders of sockets and that of the sandboxes are watched, and, while there is no home, the nearest folder above it.
 */
export function watchMicrosandbox(
  { home, runDir, sandboxesDir }: MicrosandboxHome,
  onChange: () => void,
  signal: AbortSignal,
): void {
  const watchers = new Map<string, FSWatcher>();
  const socketsDir = join(runDir, 'sandboxes');
  let hasNews = false;
  let isSettling = false;

  const onEvent = (): void => {
    hasNews = true;
    if (!isSettling) void settle();
  };
  /** One round at a time, however long a round takes and however many events come meanwhile. */
  const settle = async (): Promise<void> => {
    isSettling = true;
    while (hasNews) {
      await pause(settleMs, signal);
      hasNews = false;
      await arrange();
      if (signal.aborted) return;
      onChange();
    }
    isSettling = false;
  };
  const drop = (path: string): void => {
    watchers.get(path)?.close();
    watchers.delete(path);
  };
  /** Watches a folder; false when that is not possible, because it does not exist or may not be read. */
  const watchFolder = (path: string, only?: string): boolean => {
    if (watchers.has(path)) return true;
    try {
      const watcher = watch(path, { persistent: false }, (_, name) => {
        if (only === undefined || name === null || name === only) onEvent();
      });
      watcher.on('error', () => {
        drop(path);
        onEvent();
      });
      watchers.set(path, watcher);
      return true;
    } catch {
      return false;
    }
  };
  const arrange = async (): Promise<void> => {
    const { names } = await listFolder(socketsDir, relayFolderPattern);
    if (signal.aborted) return;
    const folders = names.slice(0, maxWatchedSandboxes).map((name) => join(socketsDir, name));
    const wanted = new Set([home, sandboxesDir, runDir, socketsDir, join(runDir, 'agent'), ...folders]);
    // A folder that was removed and made again is another one, so those that report changes are watched anew.
    for (const path of watchers.keys()) drop(path);
    for (const path of wanted) watchFolder(path);
    // Of the folder above only the one name matters; it may be a busy place such as the user's own folder.
    for (let path = home; !watchers.has(path) && dirname(path) !== path; path = dirname(path)) {
      if (watchFolder(dirname(path), basename(path))) break;
    }
  };
  signal.addEventListener(
    'abort',
    () => {
      for (const path of watchers.keys()) drop(path);
    },
    { once: true },
  );
  void arrange();
}
