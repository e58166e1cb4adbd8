import { watch, type FSWatcher } from 'node:fs';
import { basename, dirname } from 'node:path';

/**
 * Resolves when something happens to the socket's directory entry (an engine that starts creates it), after
 * `timeoutMs` at the latest, or when `signal` aborts. Where the directory cannot be watched, only time passes.
 */
export function waitForSocket(socketPath: string, timeoutMs: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    let watcher: FSWatcher | undefined;
    const done = (): void => {
      clearTimeout(timer);
      signal.removeEventListener('abort', done);
      watcher?.close();
      resolve();
    };
    const timer = setTimeout(done, timeoutMs);
    if (signal.aborted) {
      done();
      return;
    }
    signal.addEventListener('abort', done, { once: true });
    try {
      watcher = watch(dirname(socketPath), { persistent: false }, (_event, name) => {
        if (name === basename(socketPath)) done();
      });
      watcher.on('error', () => {
        watcher?.close();
      });
    } catch {
      // No such directory, or a pipe: the timer is enough.
    }
  });
}
