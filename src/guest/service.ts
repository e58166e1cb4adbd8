import type { MicrosandboxAgent } from './microsandbox/agent.ts';
import type { Logger } from '../base/logger.ts';
import type { PortWishes } from './container-notifications.ts';
import type { EnginePorts } from './published-ports.ts';

/**
 * Why the reference agent refuses a call, in words that every wire can express: ttrpc and gRPC as the status of the same
 * name, ArcBox frames as an error frame (400 for `invalid_argument`, 501 for `unimplemented`, 403 for
 * `permission_denied`, 500 otherwise).
 */
export type RefusalKind = 'invalid_argument' | 'unimplemented' | 'permission_denied' | 'internal';

/** Thrown by a method to answer with an error; the message is sent to the client. */
export class Refusal extends Error {
  override readonly name = 'Refusal';
  readonly kind: RefusalKind;

  constructor(kind: RefusalKind, message: string, options?: ErrorOptions) {
    super(message, options);
    this.kind = kind;
  }
}

/** What a server knows of the call it hands to a method. */
export interface GuestCallContext {
  /** Aborts when the client is gone or its deadline has passed. */
  readonly signal: AbortSignal;
  /**
   * Starts pushing port notifications on this connection, unless it does already; resolves when the snapshot has been
   * sent. Present only on the
   * framed wire; the others stream.
   */
  readonly subscribePorts?: (wishes: PortWishes) => Promise<void>;
}

/** One method, from protobuf bytes to protobuf bytes. Throws {@link Refusal} to answer with an error. */
export type GuestMethod =
  | {
      readonly kind: 'unary';
      readonly handle: (request: Uint8Array, context: GuestCallContext) => Promise<Uint8Array>;
    }
  | {
      readonly kind: 'serverStream';
      readonly handle: (request: Uint8Array, context: GuestCallContext) => AsyncIterable<Uint8Array>;
    };

/** Everything the reference agent serves, by `full.service.Name/Method`. Every server dispatches through this table. */
export type GuestMethodTable = ReadonlyMap<string, GuestMethod>;

/** What the servers of ArcBox's wires work with. */
export interface ArcboxServices {
  readonly methods: GuestMethodTable;
  /** For wires that push notifications outside of a method. */
  readonly ports: EnginePorts;
  readonly logger: Logger;
}

/** What every server works with. */
export interface GuestServices extends ArcboxServices {
  /** The same guest in microsandbox's terms. */
  readonly microsandbox: MicrosandboxAgent;
}

/** A listening server. */
export interface GuestServer {
  /** The endpoint it listens on, in canonical form, with the real port where 0 was asked for. */
  readonly endpoint: string;
  /** Stops listening and closes every connection. */
  close(): Promise<void>;
}
