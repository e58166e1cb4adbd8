import { watch, type FSWatcher } from 'node:fs';
import { basename, dirname, resolve } from 'node:path';
import type { Disposable } from './emitter.ts';

/**
 * Calls `onEvent` whenever something happens to the entry at `path`: it appears, goes, is replaced or changes. One change
 * may be told several times. All watches of one folder share one; where the folder does not exist, its nearest ancestor
 * that does is watched until it appears. Where nothing can be watched (a pipe, an exhausted system), nothing is told, so
 * a watch only ever makes a timer quicker. Does not keep the process running.
 */
export function watchPath(path: string, onEvent: () => void): Disposable {
  const absolute = resolve(path);
  const parent = dirname(absolute);
  // The root has no entry of its own.
  if (parent === absolute) return { dispose: () => undefined };
  const folder = FolderWatch.of(parent);
  const name = basename(absolute);
  // A listener of its own, so that the same function may watch several paths, or one twice.
  const listener = (): void => {
    onEvent();
  };
  folder.add(name, listener);
  return {
    dispose: () => {
      folder.remove(name, listener);
    },
  };
}

/**
 * Resolves when something happens to the entry at `path`, after `timeoutMs` at the latest, or when `signal` aborts. What is
 * there already is not waited for: `path` may be the socket of a program that is gone, and only its return is news.
 */
export function waitForPath(path: string, timeoutMs: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) {
      resolve();
      return;
    }
    const done = (): void => {
      clearTimeout(timer);
      signal.removeEventListener('abort', done);
      watched.dispose();
      resolve();
    };
    const timer = setTimeout(done, timeoutMs);
    signal.addEventListener('abort', done);
    const watched = watchPath(path, done);
  });
}

/** The one watch of a folder, for as long as anybody watches an entry of it. */
class FolderWatch {
  static readonly #open = new Map<string, FolderWatch>();

  readonly #path: string;
  readonly #listeners = new Map<string, Set<() => void>>();
  #watcher: FSWatcher | undefined;
  /** Watches for the folder itself while it cannot be watched. */
  #appearance: Disposable | undefined;

  private constructor(path: string) {
    this.#path = path;
  }

  static of(path: string): FolderWatch {
    const open = this.#open.get(path) ?? new FolderWatch(path);
    this.#open.set(path, open);
    return open;
  }

  add(name: string, listener: () => void): void {
    const listeners = this.#listeners.get(name) ?? new Set();
    this.#listeners.set(name, listeners.add(listener));
    if (this.#watcher === undefined) this.#start();
  }

  remove(name: string, listener: () => void): void {
    const listeners = this.#listeners.get(name);
    listeners?.delete(listener);
    if (listeners?.size === 0) this.#listeners.delete(name);
    if (this.#listeners.size > 0) return;
    this.#stop();
    if (FolderWatch.#open.get(this.#path) === this) FolderWatch.#open.delete(this.#path);
  }

  #tell(name: string): void {
    for (const listener of [...(this.#listeners.get(name) ?? [])]) {
      // One that was told before may have removed it.
      if (this.#listeners.get(name)?.has(listener) === true) listener();
    }
  }

  #tellAll(): void {
    for (const name of [...this.#listeners.keys()]) this.#tell(name);
  }

  #start(): void {
    if (this.#watch() || this.#appearance !== undefined) return;
    this.#awaitFolder();
    // It may have appeared between the two.
    this.#watch();
  }

  #stop(): void {
    this.#watcher?.close();
    this.#watcher = undefined;
    this.#appearance?.dispose();
    this.#appearance = undefined;
  }

  #awaitFolder(): void {
    this.#appearance = watchPath(this.#path, () => {
      if (this.#watch()) this.#tellAll();
    });
  }

  /** Watches the folder itself; false when that is not possible. */
  #watch(): boolean {
    if (this.#listeners.size === 0) return false;
    if (this.#watcher !== undefined) return true;
    let watcher: FSWatcher;
    try {
      watcher = watch(this.#path, { persistent: false }, (_event, name) => {
        if (this.#watcher === watcher) this.#take(name);
      });
    } catch {
      return false;
    }
    watcher.on('error', () => {
      if (this.#watcher !== watcher) return;
      this.#stop();
      this.#awaitFolder();
    });
    this.#watcher = watcher;
    this.#appearance?.dispose();
    this.#appearance = undefined;
    return true;
  }

  #take(name: string | null): void {
    if (name === basename(this.#path)) {
      // So a folder tells that it is removed or moved away: what is at its path by then is watched instead. An entry that
      // bears its folder's name costs a needless look.
      this.#stop();
      this.#start();
      this.#tellAll();
    } else if (name === null) this.#tellAll();
    else this.#tell(name);
  }
}
