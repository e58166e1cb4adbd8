import * as l10n from '../../base/l10n.ts';
import { AgentError } from '../errors.ts';
import { encodeCbor, type CborInput } from './cbor.ts';
import { encodeMicrosandboxEnvelope } from './envelope.ts';
import type { Variant } from './fields.ts';
import { encodeMicrosandboxFrame, microsandboxMaxFrameBytes } from './frame.ts';
import type { MessageType, Sender } from './messages.ts';

/** A program's part in a conversation, and whose messages that part may send. */
const sendersOf = {
  client: ['client', 'both'],
  host: ['client', 'host', 'both'],
  guest: ['guest', 'both'],
} as const satisfies Record<string, readonly Sender[]>;

/** One of `client` (behind a relay), `host` (on the agent's own channel) and `guest` (the agent). */
export type MicrosandboxRole = keyof typeof sendersOf;

/** The message types that a role may send; all others are a compile error. */
export type SendableBy<Role extends MicrosandboxRole, Payload extends object> = MessageType<
  Payload,
  (typeof sendersOf)[Role][number]
>;

/** Payload as it is written: what reads as null may be left out, a variant is its one-key map. */
export type Outgoing<Payload> = {
  readonly [Key in keyof Payload as null extends Payload[Key] ? never : Key]: OutgoingValue<Payload[Key]>;
} & {
  readonly [Key in keyof Payload as null extends Payload[Key] ? Key : never]?: OutgoingValue<Payload[Key]>;
};

type OutgoingValue<T> = T extends Variant ? CborInput : T;

/** Largest frame sent to an agent: far below the 4 MiB at which one dies. */
const maxRequestFrameBytes = 256 * 1024;

/** Below this `v` an agent treats a mistake as fatal instead of answering `core.error`. */
const minEnvelopeVersion = 5;

/**
 * Writes the frames of one conversation. An agent powers its machine off on an unknown type, on wrong flags sent with an
 * old `v` and on the runtime's own messages; none of these can be written here: the type decides flags and generation,
 * the role decides the types, and `v` is never below 5.
 */
export class MicrosandboxEncoder<Role extends MicrosandboxRole> {
  /** Generation both sides understand. */
  readonly generation: number;
  readonly #role: Role;
  /** Frames without content, complete but for their id: a poll sends the same one over and over. */
  readonly #templates = new Map<MessageType, Buffer>();

  constructor(role: Role, generation: number) {
    this.#role = role;
    this.generation = generation;
  }

  /**
   * Encodes one message with the id `id`.
   *
   * @throws AgentError `unsupported` when the conversation's generation lacks the type, `not_permitted` when the role may
   *   not send it, `frame_too_large`.
   */
  encode<Payload extends object>(
    type: SendableBy<Role, Payload>,
    id: number,
    payload: Outgoing<Payload>,
  ): Buffer {
    const template = this.#templates.get(type);
    if (template !== undefined) {
      const frame = Buffer.from(template);
      frame.writeUInt32BE(id, 4);
      return frame;
    }
    // The compiler keeps this from happening; the check is for callers that got round it.
    const role: MicrosandboxRole = this.#role;
    if (!(sendersOf[role] as readonly Sender[]).includes(type.sender)) {
      throw new AgentError('not_permitted', l10n.t('A {0} never sends {1}.', role, type.name));
    }
    if (type.generation > this.generation) {
      throw new AgentError(
        'unsupported',
        l10n.t(
          'The agent speaks generation {0}; {1} needs {2}. Update microsandbox and recreate the sandbox.',
          this.generation,
          type.name,
          type.generation,
        ),
      );
    }
    const body = encodeMicrosandboxEnvelope({
      v: Math.max(minEnvelopeVersion, this.generation),
      t: type.name,
      p: encodeCbor(payload),
    });
    const frame = encodeMicrosandboxFrame(
      { id, flags: type.flags, body },
      this.#role === 'guest' ? microsandboxMaxFrameBytes : maxRequestFrameBytes,
    );
    if (type.fields !== null && Object.keys(type.fields).length === 0)
      this.#templates.set(type, Buffer.from(frame));
    return frame;
  }
}
