import { setTimeout as sleep } from 'node:timers/promises';
import { AgentError } from '../../agent/errors.ts';
import type { MicrosandboxEncoder, Outgoing } from '../../agent/microsandbox/encoder.ts';
import { decodeMicrosandboxEnvelope, type MicrosandboxEnvelope } from '../../agent/microsandbox/envelope.ts';
import type { MicrosandboxErrorKind } from '../../agent/microsandbox/error.ts';
import type { MicrosandboxFrame } from '../../agent/microsandbox/frame.ts';
import {
  decodeMicrosandboxPayload as decode,
  microsandboxMessage as message,
  microsandboxMessageType,
  type PayloadOf,
} from '../../agent/microsandbox/messages.ts';
import type { MicrosandboxAgentParts, PeerRole } from './agent.ts';
import { FileSessions } from './file-sessions.ts';
import type { Outlet } from './outlet.ts';
import { ProgramSessions } from './program-sessions.ts';
import { Tunnels } from './tunnels.ts';

/** Below this `v` a peer does not know `core.error`. */
const minErrorVersion = 5;

/** A clock that is this close is left alone. */
const clockToleranceNanos = 100_000_000n;

const nanosPerMs = 1_000_000n;
const nanosPerSecond = 1_000_000_000n;

/** What one conversation works with. */
export interface ConversationParts extends MicrosandboxAgentParts {
  readonly role: PeerRole;
  readonly outlet: Outlet;
  readonly encoder: MicrosandboxEncoder<'guest'>;
  /** Counts one more activity of the machine and returns how many there were. */
  readonly countActivity: () => bigint;
  readonly onReleased: () => void;
}

/** Frames that answer one; more may follow through the outlet. */
export type Replies = readonly Buffer[];

type Refuse = (kind: MicrosandboxErrorKind, why: string) => Replies;

/**
 * One peer's conversation with the agent. Where the real agent powers its machine off (unknown types, undecodable bodies,
 * mistakes sent with `v` below 5, `core.shutdown`), this one answers `core.error` or, to a peer too old for that, nothing:
 * it usually runs on somebody's own machine.
 */
export class MicrosandboxConversation {
  readonly #parts: ConversationParts;
  readonly #programs: ProgramSessions;
  readonly #files: FileSessions;
  readonly #tunnels: Tunnels;
  /** Resolves when the input in the frame before is taken; `undefined` when that was none, or is. */
  #barrier: Promise<void> | undefined;
  #released: Promise<void> | undefined;

  constructor(parts: ConversationParts) {
    const { encoder, outlet, allow } = parts;
    this.#parts = parts;
    this.#programs = new ProgramSessions(encoder, outlet, allow?.exec ?? false);
    this.#files = new FileSessions(encoder, outlet, allow?.files ?? false);
    this.#tunnels = new Tunnels(encoder, outlet, allow?.forward ?? false);
  }

  /** Handles one frame; the next one of the connection must wait until its replies are there. */
  handle(frame: MicrosandboxFrame): Replies | Promise<Replies> {
    let envelope: MicrosandboxEnvelope;
    try {
      envelope = decodeMicrosandboxEnvelope(frame.body);
    } catch (error) {
      return this.#error(frame.id, 'malformed_message', AgentError.from(error, 'invalid_frame').message);
    }
    const { t, v } = envelope;
    const refuse: Refuse = (kind, why) => {
      if (v >= minErrorVersion) return this.#error(frame.id, kind, why, t.slice(0, 128));
      this.#parts.log(`A peer of generation ${v} sent what it must not: ${why}`);
      return [];
    };
    const type = microsandboxMessageType(t);
    if (type === undefined) return refuse('unsupported_message_type', 'The type is unknown.');
    if (type.sender === 'guest') return [];
    if (type.flags !== frame.flags) {
      return refuse('invalid_flags', `Flags ${frame.flags} where ${type.flags} belongs.`);
    }
    const barrier = this.#barrier;
    this.#barrier = undefined;
    try {
      return this.#dispatch(frame.id, envelope, barrier, refuse);
    } catch (error) {
      return refuse('invalid_payload', AgentError.from(error, 'malformed_payload').message);
    }
  }

  /** Ends and forgets what the peer left open. Losing a client counts as activity, as in the real agent. */
  release(): Promise<void> {
    if (this.#released === undefined) {
      this.#parts.countActivity();
      this.#releaseIds(() => true);
      this.#released = this.#programs.released().finally(this.#parts.onReleased);
    }
    return this.#released;
  }

  #releaseIds(isMeant: (id: number) => boolean): void {
    this.#programs.release(isMeant);
    this.#files.release(isMeant);
    this.#tunnels.release(isMeant);
  }

  #dispatch(
    id: number,
    { t, p }: MicrosandboxEnvelope,
    barrier: Promise<void> | undefined,
    refuse: Refuse,
  ): Replies | Promise<Replies> {
    const { encoder, outlet, countActivity, role, log } = this.#parts;
    switch (t) {
      case message.ping.name: {
        decode(message.ping, p);
        const pong = encoder.encode(message.pong, id, {});
        if (barrier === undefined) return [pong];
        void barrier.then(() => outlet.send(pong));
        return [];
      }
      case message.touch.name:
        decode(message.touch, p);
        return [encoder.encode(message.touched, id, { activity_seq: countActivity() })];
      case message.clockSync.name:
        return this.#syncClock(decode(message.clockSync, p).unix_time_nanos, refuse);
      case message.clientDisconnected.name: {
        const range = decode(message.clientDisconnected, p);
        if (role === 'client') return refuse('invalid_session', 'Only a relay may send it.');
        this.#releaseIds((known) => known >= range.id_start && known < range.id_end_exclusive);
        return [];
      }
      case message.bootstrap.name:
        decode(message.bootstrap, p);
        log('The host sent a bootstrap; this machine is set up already, so it is ignored.');
        return [];
      case message.initAck.name:
        return [];
      case 'core.shutdown':
        return refuse('unsupported_message_type', 'The reference agent does not offer it.');
      default:
        countActivity();
        return this.#work(id, t, p, refuse);
    }
  }

  /** What programs, files and tunnels do. */
  #work(id: number, t: string, p: Uint8Array, refuse: Refuse): Replies | Promise<Replies> {
    const hold = (barrier: Promise<void>): void => {
      this.#barrier = barrier;
    };
    const isTaken = this.#programs.has(id) || this.#files.has(id) || this.#tunnels.has(id);
    const inUse = (): Replies => refuse('invalid_session', 'The id stands for something else still.');
    switch (t) {
      case message.execRequest.name: {
        const request = decode(message.execRequest, p);
        return isTaken ? inUse() : this.#programs.request(id, request);
      }
      case message.execStdin.name:
        return this.#programs.input(id, decode(message.execStdin, p).data, hold);
      case message.execResize.name: {
        const { rows, cols } = decode(message.execResize, p);
        this.#programs.resize(id, rows, cols);
        return [];
      }
      case message.execSignal.name:
        this.#programs.signal(id, decode(message.execSignal, p).signal);
        return [];
      case message.fsRequest.name: {
        const { op } = decode(message.fsRequest, p);
        return isTaken ? inUse() : this.#files.request(id, op);
      }
      case message.fsData.name:
        return this.#files.data(id, decode(message.fsData, p).data);
      case message.tcpConnect.name: {
        const { host, port } = decode(message.tcpConnect, p);
        return isTaken ? inUse() : this.#tunnels.connect(id, host, port);
      }
      case message.tcpData.name:
        return this.#tunnels.data(id, decode(message.tcpData, p).data, hold);
      case message.tcpEof.name:
        this.#tunnels.end(id);
        return [];
      case message.tcpClose.name:
        this.#tunnels.release((known) => known === id);
        return [];
      default:
        return refuse('unsupported_message_type', 'The reference agent does not offer it.');
    }
  }

  async #syncClock(unixNanos: bigint, refuse: Refuse): Promise<Replies> {
    const { setClock } = this.#parts;
    if (setClock === undefined) {
      return refuse('unsupported_message_type', 'The agent was started without --allow-clock-set.');
    }
    const offNanos = unixNanos - BigInt(Date.now()) * nanosPerMs;
    if (offNanos >= -clockToleranceNanos && offNanos <= clockToleranceNanos) return [];
    // The clock is set to whole seconds, so wait until the wanted time is one.
    const waitNanos = (nanosPerSecond - (unixNanos % nanosPerSecond)) % nanosPerSecond;
    await sleep(Number(waitNanos / nanosPerMs));
    const why = await setClock((unixNanos + waitNanos) / nanosPerSecond);
    return why === undefined ? [] : refuse('unsupported_message_type', `The clock was not set: ${why}`);
  }

  #error(id: number, kind: MicrosandboxErrorKind, text: string, offendingType?: string): Replies {
    const payload: Outgoing<PayloadOf<typeof message.error>> = {
      kind,
      message: text,
      ...(offendingType !== undefined && { offending_type: offendingType }),
    };
    return [this.#parts.encoder.encode(message.error, id, payload)];
  }
}
