import type { GuestShape } from './guest.ts';
import type { HostileKind } from './hostile.ts';

/** What the process of the agents is told to do. Paths of sockets are `FOLDER/NUMBER.sock`. */
export type AgentsCommand =
  | {
      readonly kind: 'serve';
      readonly folder: string;
      readonly sandboxes: number;
      readonly shape: GuestShape;
    }
  | { readonly kind: 'serveHostile'; readonly folder: string; readonly hostile: HostileKind }
  /** One container of one guest publishes one port anew, after a moment in which everything is quiet. */
  | {
      readonly kind: 'publish';
      readonly sandbox: number;
      readonly container: number;
      readonly hostPort: number;
      readonly afterMs: number;
    }
  /**
   * The first guest sends `notifications` changes over `containers` containers, and a last one in which its first
   * container publishes `lastHostPort`.
   */
  | {
      readonly kind: 'storm';
      readonly notifications: number;
      readonly containers: number;
      readonly lastHostPort: number;
    }
  | { readonly kind: 'count' };

/** What the process of the agents answers. */
export type AgentsReport =
  | { readonly kind: 'serving' }
  /** How many guests were asked for their status, and how often all of them together. */
  | { readonly kind: 'counts'; readonly askedGuests: number; readonly statusCalls: number };

/** The path of a sandbox's socket. */
export function socketPath(folder: string, sandbox: number): string {
  return `${folder}/${sandbox}.sock`;
}

/** The path of the hostile engine's socket. */
export function enginePath(folder: string): string {
  return `${folder}/docker.sock`;
}
