import * as l10n from '../../base/l10n.ts';
import { AgentError, sentences } from '../errors.ts';
import { ByteQueue } from '../../base/byte-queue.ts';
import { quoted, type PlainText } from '../../base/text.ts';
import { FirstBytes, foreignProtocolHint } from '../wire/foreign-protocol.ts';
import type { FrameDecoder } from '../wire/frame-decoder.ts';
import { decodeMicrosandboxEnvelope } from './envelope.ts';
import { MicrosandboxFrameDecoder, microsandboxMaxFrameBytes, type MicrosandboxFrame } from './frame.ts';
import {
  decodeMicrosandboxPayload,
  microsandboxMessage,
  microsandboxMinGeneration,
  type PayloadOf,
} from './messages.ts';

/** The ids that a client may use: `start` to `endExclusive` - 1. */
export interface IdRange {
  readonly start: number;
  readonly endExclusive: number;
}

/** What an agent has said of itself. */
export interface MicrosandboxReady {
  /** The agent's own generation. */
  readonly generation: number;
  readonly payload: PayloadOf<typeof microsandboxMessage.ready>;
}

/** What a relay says first: 8 bytes of id range, big-endian, and the agent's `core.ready` as a frame. */
export interface RelayHandshake {
  readonly range: IdRange;
  readonly ready: MicrosandboxReady;
}

const rangeBytes = 8;

/** Decodes what a relay sends: one {@link RelayHandshake}, then frames. See {@link FrameDecoder}. */
export class RelayDecoder implements FrameDecoder<RelayHandshake | MicrosandboxFrame> {
  readonly #head = new ByteQueue();
  readonly #first = new FirstBytes();
  readonly #frames = new MicrosandboxFrameDecoder();
  #range: IdRange | undefined;
  #isOpen = false;

  push(chunk: Uint8Array): void {
    this.#first.push(chunk);
    if (this.#range === undefined) this.#head.push(chunk);
    else this.#frames.push(chunk);
  }

  /** As the interface says; anything wrong before the handshake is complete is `handshake_failed`. */
  next(): RelayHandshake | MicrosandboxFrame | undefined {
    if (this.#isOpen) return this.#frames.next();
    if (this.#range === undefined) {
      if (this.#head.length < rangeBytes) return undefined;
      this.#range = readRange(this.#head, this.hint());
      this.#frames.push(this.#head.take(this.#head.length));
    }
    try {
      const frame = this.#frames.next();
      if (frame === undefined) return undefined;
      this.#isOpen = true;
      return { range: this.#range, ready: readReady(frame) };
    } catch (error) {
      const why = AgentError.from(error, 'handshake_failed');
      throw new AgentError(
        'handshake_failed',
        sentences(l10n.t("The relay's first frame is wrong."), why.message, this.hint()),
        { cause: error },
      );
    }
  }

  hint(): PlainText {
    return foreignProtocolHint(this.#first.queue, l10n.t('this is not a microsandbox relay'), 'microsandbox');
  }

  /** As the interface says; a stream that ended before its first byte is not an error here. */
  end(): void {
    if (this.#isOpen) this.#frames.end();
    else if (this.#range !== undefined || this.#head.length > 0) {
      throw new AgentError(
        'handshake_failed',
        sentences(
          l10n.t(
            'The connection ended inside the handshake. Check that this is the socket of a running sandbox.',
          ),
          this.hint(),
        ),
      );
    }
  }
}

/**
 * Reads a `core.ready` frame, which comes with id 0 and flags 0.
 *
 * @throws AgentError `handshake_failed`, `invalid_frame` or `malformed_payload`.
 */
export function readReady({ id, flags, body }: MicrosandboxFrame): MicrosandboxReady {
  const type = microsandboxMessage.ready;
  const { v, t, p } = decodeMicrosandboxEnvelope(body);
  if (t !== type.name || id !== 0 || flags !== type.flags) {
    throw new AgentError(
      'handshake_failed',
      l10n.t(
        'It is {0} with id {1} and flags {2} where {3} with id 0 and flags 0 was expected.',
        quoted(t, 64),
        id,
        flags,
        type.name,
      ),
    );
  }
  if (v < microsandboxMinGeneration) {
    throw new AgentError(
      'handshake_failed',
      l10n.t(
        'The agent speaks generation {0}; at least {1} is needed. Update microsandbox and recreate the sandbox.',
        v,
        microsandboxMinGeneration,
      ),
    );
  }
  return { generation: v, payload: decodeMicrosandboxPayload(type, p) };
}

function readRange(head: ByteQueue, hint: PlainText): IdRange {
  const start = head.peekUint32(0);
  const endExclusive = head.peekUint32(4);
  const fail = (why: PlainText): never => {
    throw new AgentError(
      'handshake_failed',
      sentences(why, l10n.t('Check that this is the agent.sock of a running sandbox.')),
    );
  };
  // Before 0.5 a relay sent one id offset and went straight on to the ready frame, whose length is the second word.
  if (
    endExclusive >= 5 &&
    endExclusive <= microsandboxMaxFrameBytes &&
    (start === 0 || start >= endExclusive)
  ) {
    return fail(l10n.t('The relay is older than microsandbox 0.5, which is not supported.'));
  }
  const isText = head.take(rangeBytes).every((byte) => byte >= 0x20 && byte < 0x7f);
  if (isText || start === 0 || start >= endExclusive) {
    return fail(
      hint === '' ? l10n.t("The relay's id range from {0} to {1} is unusable.", start, endExclusive) : hint,
    );
  }
  return { start, endExclusive };
}
