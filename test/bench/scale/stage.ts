import { setTimeout as sleep } from 'node:timers/promises';
import type { Agents } from './agents/handle.ts';
import { enginePath, socketPath } from './agents/messages.ts';
import type { OpenExtension } from './editor/open.ts';

/** What a measurement works with. */
export interface Stage {
  readonly agents: Agents;
  readonly extension: OpenExtension;
}

/** Looks this often whether the agents were asked. */
const lookMs = 100;

/** The name of a sandbox: no name is part of another one. */
export function sandboxName(sandbox: number): string {
  return `s${String(sandbox).padStart(6, '0')}`;
}

/** Configures the first `count` of the agents' sandboxes. */
export function configureSandboxes({ agents, extension }: Stage, count: number): void {
  extension.setSandboxes(
    Array.from({ length: count }, (_, sandbox) => ({
      name: sandboxName(sandbox),
      endpoint: `arcbox+unix://${socketPath(agents.folder, sandbox)}`,
    })),
  );
}

/** Configures the one hostile sandbox, whose ports its engine tells when its agent does not. */
export function configureHostile({ agents, extension }: Stage): void {
  const endpoint = `arcbox+unix://${socketPath(agents.folder, 0)}`;
  extension.setSandboxes([{ name: 'hostile', endpoint, docker: enginePath(agents.folder) }]);
}

/** Waits until the first poll of `count` sandboxes was answered, at most `longestMs`; returns how many were. */
export async function allAsked({ agents }: Stage, count: number, longestMs: number): Promise<number> {
  for (const endMs = performance.now() + longestMs; ;) {
    const { askedGuests } = await agents.counts();
    if (askedGuests >= count || performance.now() > endMs) return askedGuests;
    await sleep(lookMs);
  }
}
