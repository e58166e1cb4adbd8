import { watch, type FSWatcher } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { listFolder } from './bounded-file.ts';
import type { MicrosandboxHome } from './microsandbox-home.ts';

/** Events come in bursts; a burst is one change. */
const settleMs = 150;

/** Sandboxes whose own folders are watched, for the socket that appears in them last. */
const maxWatchedSandboxes = 256;

/**
 * Calls `onChange` whenever sandboxes may have appeared or vanished, until the signal aborts. Nothing is polled: the
 * folders of sockets are watched, and, while they do not exist, the nearest folder above them that does.
 */
export function watchMicrosandbox(
  { home, runDir }: MicrosandboxHome,
  onChange: () => void,
  signal: AbortSignal,
): void {
  const watchers = new Map<string, FSWatcher>();
  let timer: NodeJS.Timeout | undefined;
  const socketsDir = join(runDir, 'sandboxes');

  const onEvent = (): void => {
    timer ??= setTimeout(() => {
      timer = undefined;
      void arrange().then(() => {
        if (!signal.aborted) onChange();
      });
    }, settleMs);
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
    const folders = (await listFolder(socketsDir, []))
      .slice(0, maxWatchedSandboxes)
      .map((name) => join(socketsDir, name));
    if (signal.aborted) return;
    const wanted = new Set([home, runDir, socketsDir, join(runDir, 'agent'), ...folders]);
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
      clearTimeout(timer);
      for (const path of watchers.keys()) drop(path);
    },
    { once: true },
  );
  void arrange();
}
