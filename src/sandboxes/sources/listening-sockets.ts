import { createReadStream } from 'node:fs';

/** Most of Linux's table of Unix sockets that is read, in bytes. */
export const maxSocketTableBytes = 2 ** 20;
/** Most sockets that are offered. */
export const maxAgentSockets = 50;

const looksLikeAgent = /agent|guest|arcbox|sandlight|microsandbox|msb/i;
/** Agents of another kind: those that keep keys, and the desktop's. */
const isOfAnotherKind = /ssh|gpg|gnupg|keyring|dbus|systemd|polkit|vscode|\.X11/i;

/**
 * The Unix sockets of this machine that listen and look by their paths as if a guest agent did; none where the system has no
 * such table.
 */
export async function findAgentSockets(): Promise<readonly string[]> {
  let table = '';
  try {
    const stream = createReadStream('/proc/net/unix', { encoding: 'utf8', end: maxSocketTableBytes - 1 });
    for await (const chunk of stream) table += String(chunk);
  } catch {
    return [];
  }
  return agentSocketsOf(table);
}

/** As {@link findAgentSockets}, of the text of `/proc/net/unix`. */
export function agentSocketsOf(table: string): readonly string[] {
  const found = new Set<string>();
  // Each line ends; what follows the last end was cut.
  for (const line of table.split('\n').slice(0, -1)) {
    // Num RefCount Protocol Flags Type St Inode Path: the flag of a listener, the type of a stream.
    const path = /^[\da-f]+: [\da-f]+ [\da-f]+ 00010000 0001 \d+ +\d+ (\/.+)$/i.exec(line)?.[1];
    if (path === undefined || !looksLikeAgent.test(path) || isOfAnotherKind.test(path)) continue;
    found.add(path);
    if (found.size === maxAgentSockets) break;
  }
  return [...found].toSorted();
}
