import { setTimeout as sleep } from 'node:timers/promises';
import { AgentError } from '../../agent/errors.ts';
import { MicrosandboxEncoder, type Outgoing } from '../../agent/microsandbox/encoder.ts';
import { decodeMicrosandboxEnvelope, type MicrosandboxEnvelope } from '../../agent/microsandbox/envelope.ts';
import type { MicrosandboxErrorKind } from '../../agent/microsandbox/error.ts';
import type { MicrosandboxFrame } from '../../agent/microsandbox/frame.ts';
import {
  decodeMicrosandboxPayload,
  microsandboxGeneration,
  microsandboxMessage,
  microsandboxMessageType,
  type PayloadOf,
} from '../../agent/microsandbox/messages.ts';
import { MicrosandboxFiles, type FileAnswer } from './files.ts';

/** Below this `v` a peer does not know `core.error`. */
const minErrorVersion = 5;

/** A clock that is this close is left alone. */
const clockToleranceNanos = 100_000_000n;

const nanosPerMs = 1_000_000n;
const nanosPerSecond = 1_000_000_000n;

/** File content travels in pieces of this size. */
const fileChunkBytes = 64 * 1024;

const message = microsandboxMessage;

/** What the microsandbox side of the reference agent needs. */
export interface MicrosandboxAgentParts {
  /** CLOCK_BOOTTIME values and the version, as `core.ready` carries them. */
  readonly ready: PayloadOf<typeof microsandboxMessage.ready>;
  /**
   * Sets the machine's clock to a whole second of Unix time; resolves with why it could not, or `undefined`. Absent:
   * clock messages are refused with `core.error`.
   */
  readonly setClock?: (unixSeconds: bigint) => Promise<string | undefined>;
  /** Hears what the protocol leaves no room to tell the peer. */
  readonly log: (sentence: string) => void;
}

/** Who sent a message: `client` through the relay, `host` on the agent's own channel. One object a connection. */
export interface MicrosandboxPeer {
  readonly role: 'client' | 'host';
}

type Replies = readonly Buffer[];

/**
 * Answers microsandbox messages, generation 7. Where the real agent powers its machine off (unknown types, undecodable
 * bodies, mistakes sent with `v` below 5, `core.shutdown`), this one answers `core.error` or, to a peer too old for that,
 * nothing: it usually runs on somebody's own machine.
 */
export class MicrosandboxAgent {
  /** `core.ready` as it opens every conversation. */
  readonly readyFrame: Buffer;
  readonly #encoder = new MicrosandboxEncoder('guest', microsandboxGeneration);
  readonly #files = new MicrosandboxFiles();
  readonly #setClock: MicrosandboxAgentParts['setClock'];
  readonly #log: (sentence: string) => void;
  #activity = 0n;

  constructor({ ready, setClock, log }: MicrosandboxAgentParts) {
    this.readyFrame = this.#encoder.encode(message.ready, 0, ready);
    this.#setClock = setClock;
    this.#log = log;
  }

  /** Handles one frame; the next one of the connection must wait until its replies are there. */
  handle(frame: MicrosandboxFrame, peer: MicrosandboxPeer): Replies | Promise<Replies> {
    let envelope: MicrosandboxEnvelope;
    try {
      envelope = decodeMicrosandboxEnvelope(frame.body);
    } catch (error) {
      return this.#error(frame.id, 'malformed_message', AgentError.from(error, 'invalid_frame').message);
    }
    const { t, v } = envelope;
    const refuse = (kind: MicrosandboxErrorKind, why: string): Replies => {
      if (v >= minErrorVersion) return this.#error(frame.id, kind, why, t.slice(0, 128));
      this.#log(`A peer of generation ${v} sent what it must not: ${why}`);
      return [];
    };
    const type = microsandboxMessageType(t);
    if (type === undefined) return refuse('unsupported_message_type', 'The type is unknown.');
    if (type.sender === 'guest') return [];
    if (type.flags !== frame.flags) {
      return refuse('invalid_flags', `Flags ${frame.flags} where ${type.flags} belongs.`);
    }
    try {
      return this.#dispatch(frame.id, envelope, peer, refuse);
    } catch (error) {
      return refuse('invalid_payload', AgentError.from(error, 'malformed_payload').message);
    }
  }

  /** Forgets what a connection left open. Losing a client counts as activity, as in the real agent. */
  release(peer: MicrosandboxPeer): void {
    this.#files.release(peer);
    this.#activity++;
  }

  #dispatch(
    id: number,
    { t, p }: MicrosandboxEnvelope,
    peer: MicrosandboxPeer,
    refuse: (kind: MicrosandboxErrorKind, why: string) => Replies,
  ): Replies | Promise<Replies> {
    switch (t) {
      case message.ping.name:
        decodeMicrosandboxPayload(message.ping, p);
        return [this.#encoder.encode(message.pong, id, {})];
      case message.touch.name:
        decodeMicrosandboxPayload(message.touch, p);
        return [this.#encoder.encode(message.touched, id, { activity_seq: ++this.#activity })];
      case message.clockSync.name:
        return this.#syncClock(decodeMicrosandboxPayload(message.clockSync, p).unix_time_nanos, refuse);
      case message.fsRequest.name: {
        const { op } = decodeMicrosandboxPayload(message.fsRequest, p);
        this.#activity++;
        return this.#files.perform(op, id, peer).then((answer) => this.#fileReplies(id, answer));
      }
      case message.clientDisconnected.name: {
        const range = decodeMicrosandboxPayload(message.clientDisconnected, p);
        if (peer.role === 'client') return refuse('invalid_session', 'Only a relay may send it.');
        this.#files.release(peer, range);
        return [];
      }
      case message.bootstrap.name:
        decodeMicrosandboxPayload(message.bootstrap, p);
        this.#log('The host sent a bootstrap; this machine is set up already, so it is ignored.');
        return [];
      case message.initAck.name:
      case message.fsData.name:
        return [];
      default:
        return refuse('unsupported_message_type', 'The reference agent does not offer it.');
    }
  }

  async #syncClock(
    unixNanos: bigint,
    refuse: (kind: MicrosandboxErrorKind, why: string) => Replies,
  ): Promise<Replies> {
    if (this.#setClock === undefined) {
      return refuse('unsupported_message_type', 'The agent was started without --allow-clock-set.');
    }
    const offNanos = unixNanos - BigInt(Date.now()) * nanosPerMs;
    if (offNanos >= -clockToleranceNanos && offNanos <= clockToleranceNanos) return [];
    // The clock is set to whole seconds, so wait until the wanted time is one.
    const waitNanos = (nanosPerSecond - (unixNanos % nanosPerSecond)) % nanosPerSecond;
    await sleep(Number(waitNanos / nanosPerMs));
    const why = await this.#setClock((unixNanos + waitNanos) / nanosPerSecond);
    return why === undefined ? [] : refuse('unsupported_message_type', `The clock was not set: ${why}`);
  }

  #fileReplies(id: number, { data, response }: FileAnswer): Replies {
    const replies: Buffer[] = [];
    for (let start = 0; start < data.byteLength; start += fileChunkBytes) {
      const chunk = { data: data.subarray(start, start + fileChunkBytes) };
      replies.push(this.#encoder.encode(message.fsData, id, chunk));
    }
    replies.push(this.#encoder.encode(message.fsResponse, id, response));
    return replies;
  }

  #error(id: number, kind: MicrosandboxErrorKind, text: string, offendingType?: string): Replies {
    const payload: Outgoing<PayloadOf<typeof microsandboxMessage.error>> = {
      kind,
      message: text,
      ...(offendingType !== undefined && { offending_type: offendingType }),
    };
    return [this.#encoder.encode(message.error, id, payload)];
  }
}
