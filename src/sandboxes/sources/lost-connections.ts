import type { AgentErrorCode } from '../../agent/errors.ts';
import { connectionError } from '../model/connection.ts';
import type { Disposable } from '../../base/emitter.ts';
import type { SandboxRegistry } from '../watch/sandbox-registry.ts';
import type { SandboxSource } from '../model/snapshot.ts';

/**
 * Calls `onLost` when sandboxes of `source` lose their connection or cannot be connected to: a program that is killed
 * changes no file, so this is the only sign of it. Attempts that fail in the same way again are no news.
 */
export function onConnectionLost(
  registry: SandboxRegistry,
  source: SandboxSource,
  onLost: () => void,
): Disposable {
  const lost = new Map<string, AgentErrorCode>();
  return registry.onDidChange(({ changed, listChanged }) => {
    if (listChanged) for (const id of lost.keys()) if (registry.get(id) === undefined) lost.delete(id);
    let hasNews = false;
    for (const id of changed) {
      const snapshot = registry.get(id);
      const code = snapshot?.source === source ? connectionError(snapshot.connection)?.code : undefined;
      if (code === undefined) lost.delete(id);
      else if (lost.get(id) !== code) {
        lost.set(id, code);
        hasNews = true;
      }
    }
    if (hasNews) onLost();
  });
}
