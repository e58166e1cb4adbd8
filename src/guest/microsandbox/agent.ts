import { MicrosandboxEncoder } from '../../agent/microsandbox/encoder.ts';
import {
  microsandboxGeneration,
  microsandboxMessage,
  type PayloadOf,
} from '../../agent/microsandbox/messages.ts';
import { MicrosandboxConversation } from './conversation.ts';
import type { Outlet } from './outlet.ts';

/** What clients may do; nothing of it unless the person who started the agent said so. */
export interface GuestPermissions {
  /** Run programs. */
  readonly exec: boolean;
  /** Read, write and remove every file that the agent's user may. */
  readonly files: boolean;
  /** Connect to TCP ports of this machine. */
  readonly forward: boolean;
}

/** What the microsandbox side of the reference agent needs. */
export interface MicrosandboxAgentParts {
  /** CLOCK_BOOTTIME values and the version, as `core.ready` carries them. */
  readonly ready: PayloadOf<typeof microsandboxMessage.ready>;
  /**
   * Sets the machine's clock to a whole second of Unix time; resolves with why it could not, or `undefined`. Absent:
   * clock messages are refused with `core.error`.
   */
  readonly setClock?: (unixSeconds: bigint) => Promise<string | undefined>;
  /** Defaults to nothing. */
  readonly allow?: GuestPermissions;
  /** Hears what the protocol leaves no room to tell the peer. */
  readonly log: (sentence: string) => void;
}

/** Who is at the other end: a `client` of the relay, or the `host` on the agent's own channel. */
export type PeerRole = 'client' | 'host';

/** Answers microsandbox messages, generation 7, on any number of connections. */
export class MicrosandboxAgent {
  /** `core.ready` as it opens every conversation. */
  readonly readyFrame: Buffer;
  readonly #encoder = new MicrosandboxEncoder('guest', microsandboxGeneration);
  readonly #parts: MicrosandboxAgentParts;
  readonly #conversations = new Set<MicrosandboxConversation>();
  #activity = 0n;

  constructor(parts: MicrosandboxAgentParts) {
    this.readyFrame = this.#encoder.encode(microsandboxMessage.ready, 0, parts.ready);
    this.#parts = parts;
  }

  /** Begins to talk to a peer; the conversation must be released when it is gone. */
  converse(role: PeerRole, outlet: Outlet): MicrosandboxConversation {
    const conversation = new MicrosandboxConversation({
      ...this.#parts,
      role,
      outlet,
      encoder: this.#encoder,
      countActivity: () => ++this.#activity,
      onReleased: () => this.#conversations.delete(conversation),
    });
    this.#conversations.add(conversation);
    return conversation;
  }

  /** Ends what clients have running; resolves when it has ended. */
  async close(): Promise<void> {
    await Promise.all([...this.#conversations].map((conversation) => conversation.release()));
  }
}
