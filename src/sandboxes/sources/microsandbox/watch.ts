import { watch, type FSWatcher } from 'node:fs';
import { dirname, join, relative, sep } from 'node:path';
import { kindOfPath, listFolder } from '../../../base/bounded-file.ts';
import { pause } from '../../../base/pause.ts';
import { settleMs, slowLookMs } from '../findings.ts';
import { oneAtATime } from '../one-at-a-time.ts';
import { relayFolderPattern, type MicrosandboxHome } from './home.ts';

/**
 * Sandboxes whose own folders are watched, for the socket that appears in them last. While there are more, what happens to
 * the others is found by looking now and then.
 */
export const maxWatchedSandboxes = 256;

/**
 * Calls `onChange` whenever sandboxes may have appeared or vanished, until the signal aborts. The folders of sockets and
 * that of the sandboxes are watched, and, while there is no home, the nearest folder above it; nothing is polled unless
 * one of them cannot be watched. Resolves when all that is there is watched: who looks then misses nothing.
 */
export function watchMicrosandbox(
  { home, runDir, sandboxesDir }: MicrosandboxHome,
  onChange: () => void,
  signal: AbortSignal,
): Promise<void> {
  const watchers = new Map<string, FSWatcher>();
  const socketsDir = join(runDir, 'sandboxes');
  const places = [home, sandboxesDir, runDir, socketsDir, join(runDir, 'agent')];
  let slowLook: NodeJS.Timeout | undefined;

  const onEvent = oneAtATime(async () => {
    await pause(settleMs(Math.random()), signal);
    await arrange();
    if (!signal.aborted) onChange();
  });
  const drop = (path: string): void => {
    watchers.get(path)?.close();
    watchers.delete(path);
  };
  /** Watches a folder; false when that is not possible, because it does not exist or may not be read. */
  const watchFolder = (path: string, only?: string): boolean => {
    if (watchers.has(path)) return true;
    if (signal.aborted) return false;
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
    // To watch a folder of a file system that hangs would stop this thread, so each is asked for before.
    const present = await foldersAmong(places);
    const { names, leftOut } = present.includes(socketsDir)
      ? await listFolder(socketsDir, relayFolderPattern)
      : { names: [], leftOut: 0 };
    const above = await foldersAmong(pathsAbove(home));
    if (signal.aborted) return;
    const folders = names.slice(0, maxWatchedSandboxes).map((name) => join(socketsDir, name));
    // A folder that was removed and made again is another one, so those that report changes are watched anew.
    for (const path of watchers.keys()) drop(path);
    const unwatched = [...present, ...folders].filter((path) => !watchFolder(path));
    // Of the folder above only the one name matters; it may be a busy place such as the user's own folder.
    if (!watchers.has(home))
      above.find((folder) => watchFolder(folder, relative(folder, home).split(sep, 1)[0]));
    clearTimeout(slowLook);
    if (unwatched.length + leftOut > 0 || names.length > folders.length)
      slowLook = setTimeout(onEvent, slowLookMs(Math.random())).unref();
    // What came to be watchable before the folder above it was watched has told nobody.
    const missed = (await foldersAmong(places)).filter((path) => !watchers.has(path));
    if (missed.some((path) => watchFolder(path))) onEvent();
  };
  signal.addEventListener(
    'abort',
    () => {
      clearTimeout(slowLook);
      for (const path of watchers.keys()) drop(path);
    },
    { once: true },
  );
  return arrange();
}

/** Those of `paths` that are folders; one after the other, because a file system that hangs keeps what asks it. */
async function foldersAmong(paths: readonly string[]): Promise<readonly string[]> {
  const folders: string[] = [];
  for (const path of paths) if ((await kindOfPath(path)) === 'folder') folders.push(path);
  return folders;
}

/** The paths of all folders above `path`, the nearest first. */
function pathsAbove(path: string): readonly string[] {
  const parent = dirname(path);
  return parent === path ? [] : [parent, ...pathsAbove(parent)];
}
