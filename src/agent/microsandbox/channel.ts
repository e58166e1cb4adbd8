import * as l10n from '../../base/l10n.ts';
import { AgentError } from '../errors.ts';
import type { MicrosandboxEncoder, MicrosandboxRole, Outgoing, SendableBy } from './encoder.ts';
import { decodeMicrosandboxEnvelope, type MicrosandboxEnvelope } from './envelope.ts';
import { remoteErrorOf } from './error.ts';
import { microsandboxFlag, type MicrosandboxFrame } from './frame.ts';
import type { IdRange } from './handshake.ts';
import {
  decodeMicrosandboxPayload,
  microsandboxMessage,
  microsandboxMessageType,
  type MessageType,
} from './messages.ts';
import type { CallOptions } from '../rpc/channel.ts';
import { CorrelationIds } from './correlation-ids.ts';
import type { FrameConnection } from '../rpc/frame-connection.ts';
import { refuseWhenFull, startCall, type PendingCall } from '../rpc/pending-call.ts';

/** Most messages that one exchange takes, so that empty ones are bounded too. */
export const maxAnswerMessages = 10_000;

/** What an exchange does with one message of its id. */
export type MessageOutcome<Result> = { readonly done: Result } | 'more';

/** Sends one more message under an exchange's id. */
export type SendMore = <Payload extends object>(
  type: MessageType<Payload, 'client' | 'both'>,
  payload: Outgoing<Payload>,
) => void;

/** How the answer to a message is read. */
export interface Exchange<Result> extends CallOptions {
  /** Sends at once what follows the message and is part of it; a throw ends the exchange. */
  readonly follow?: (send: SendMore) => void;
  /**
   * Called for every message of the exchange's id except `core.error`, flags already checked. A throw ends the exchange
   * with that AgentError; the connection goes on.
   */
  readonly onMessage: (message: MicrosandboxEnvelope) => MessageOutcome<Result>;
}

interface Waiting {
  readonly accept: (message: MicrosandboxEnvelope) => void;
  readonly call: Pick<PendingCall<never>, 'reject'>;
}

/** What a conversation needs besides its stream. */
export interface MicrosandboxChannelParts<Role extends MicrosandboxRole> {
  readonly range: IdRange;
  readonly encoder: MicrosandboxEncoder<Role>;
}

/**
 * Messages matched to their exchanges by correlation id, as a relay's client or as the agent's host.
 *
 * The socket is read without pause, because a slow reader stalls every client of the relay. Frames for ids that nobody
 * waits for are dropped and counted; they are normal after a timeout.
 */
export class MicrosandboxChannel<Role extends MicrosandboxRole> {
  readonly #connection: Pick<FrameConnection<MicrosandboxFrame>, 'write' | 'failure'>;
  readonly #encoder: MicrosandboxEncoder<Role>;
  readonly #ids: CorrelationIds;
  readonly #waiting = new Map<number, Waiting>();
  #droppedFrames = 0;

  constructor(
    connection: Pick<FrameConnection<MicrosandboxFrame>, 'write' | 'failure'>,
    { range, encoder }: MicrosandboxChannelParts<Role>,
  ) {
    this.#connection = connection;
    this.#encoder = encoder;
    this.#ids = new CorrelationIds(range);
  }

  /** Frames that no exchange waited for, since the connection began. */
  get droppedFrames(): number {
    return this.#droppedFrames;
  }

  /**
   * Sends one message and reads the messages of its id until `onMessage` is done.
   *
   * @throws AgentError of any code. `core.error` becomes `unsupported` for the kinds that begin so, else `remote_error`;
   *   damage inside the answer is `invalid_frame`, `malformed_payload` or `unexpected_message_type` and costs only this
   *   exchange.
   */
  exchange<Payload extends object, Result>(
    type: SendableBy<Role, Payload>,
    payload: Outgoing<Payload>,
    exchange: Exchange<Result>,
  ): Promise<Result> {
    const refusal = this.#connection.failure ?? refuseWhenFull(this.#waiting.size);
    if (refusal !== undefined) return Promise.reject(refusal);
    let id: number;
    let frame: Buffer;
    try {
      id = this.#ids.take();
      frame = this.#encoder.encode(type, id, payload);
    } catch (error) {
      return Promise.reject(AgentError.from(error, 'malformed_payload'));
    }
    const call = startCall<Result>(
      exchange,
      () => l10n.t('The agent did not answer {0} within {1} ms.', type.name, exchange.timeoutMs),
      () => {
        // The answer may still come, so the id stays taken.
        this.#waiting.delete(id);
      },
    );
    if (exchange.signal?.aborted === true) {
      this.#ids.release(id);
      return call.promise;
    }
    let messages = 0;
    this.#waiting.set(id, {
      call,
      accept: (message) => {
        if (++messages > maxAnswerMessages) throw tooManyMessages();
        const outcome = exchange.onMessage(message);
        if (outcome === 'more') return;
        this.#waiting.delete(id);
        call.resolve(outcome.done);
      },
    });
    this.#connection.write(frame);
    try {
      exchange.follow?.((more, content) => {
        this.#connection.write(
          this.#encoder.encode(more as MessageType as SendableBy<Role, object>, id, content),
        );
      });
    } catch (error) {
      this.#waiting.delete(id);
      call.reject(AgentError.from(error, 'malformed_payload'));
    }
    return call.promise;
  }

  /** Takes one frame of the connection. */
  receive({ id, flags, body }: MicrosandboxFrame): void {
    const waiting = this.#waiting.get(id);
    if (waiting === undefined) {
      this.#droppedFrames++;
      if ((flags & microsandboxFlag.terminal) !== 0) this.#ids.release(id);
      return;
    }
    try {
      const message = decodeMicrosandboxEnvelope(body);
      checkFlags(message.t, flags);
      if (message.t === microsandboxMessage.error.name) {
        throw remoteErrorOf(decodeMicrosandboxPayload(microsandboxMessage.error, message.p));
      }
      waiting.accept(message);
    } catch (error) {
      this.#waiting.delete(id);
      waiting.call.reject(AgentError.from(error, 'malformed_payload'));
    }
    if ((flags & microsandboxFlag.terminal) !== 0) this.#end(id);
  }

  /** Ends every exchange. */
  fail(reason: AgentError): void {
    const waiting = [...this.#waiting.values()];
    this.#waiting.clear();
    for (const { call } of waiting) call.reject(reason);
  }

  #end(id: number): void {
    this.#ids.release(id);
    const waiting = this.#waiting.get(id);
    if (waiting === undefined) return;
    this.#waiting.delete(id);
    waiting.call.reject(
      new AgentError('unexpected_message_type', l10n.t('The agent ended its answer before it was complete.')),
    );
  }
}

function tooManyMessages(): AgentError {
  return new AgentError(
    'frame_too_large',
    l10n.t('The agent answered one call with more than {0} messages.', maxAnswerMessages),
  );
}

function checkFlags(name: string, flags: number): void {
  const type = microsandboxMessageType(name);
  if (type !== undefined && type.flags !== flags) {
    throw new AgentError(
      'invalid_frame',
      l10n.t('{0} came with flags {1} instead of {2}.', type.name, flags, type.flags),
    );
  }
}
