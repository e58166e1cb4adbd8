import type { Duplex } from 'node:stream';
import * as l10n from '../../base/l10n.ts';
import { BatchedWriter } from '../../base/batched-writer.ts';
import { AgentError, sentences } from '../errors.ts';
import type { FrameDecoder } from '../wire/frame-decoder.ts';
import { explainBrokenStream, explainEndedStream } from '../transport/broken-stream.ts';
import { Closing } from './closing.ts';

/** Frames that one connection may have handled before everything else gets its turn. */
export const maxFramesPerTurn = 256;

/** Bytes that one connection may have read before everything else gets its turn. */
export const maxBytesPerTurn = 256 * 1024;

/** What a channel does with its connection. */
export interface FrameConnectionEvents<Frame> {
  /** A whole frame. Not called any more once the connection has failed. */
  readonly onFrame: (frame: Frame) => void;
  /** The connection is over; called once, before {@link FrameConnection.closed} resolves. */
  readonly onFailed: (reason: AgentError) => void;
}

/**
 * A byte stream read as frames until it ends, breaks or is closed, which leaves one reason. The stream is read on and on,
 * so whoever takes the frames must bound what it keeps; but a flood pauses it for a turn of the event loop after every
 * {@link maxFramesPerTurn} frames and {@link maxBytesPerTurn} bytes, so that it cannot hold up other connections. What
 * becomes of the stream meanwhile is told after the frames that came before it.
 */
export class FrameConnection<Frame> {
  readonly #stream: Duplex;
  readonly #writer: BatchedWriter;
  readonly #decoder: FrameDecoder<Frame>;
  readonly #events: FrameConnectionEvents<Frame>;
  readonly #closing = new Closing();
  /** What is left of this turn's budget. */
  #framesLeft = maxFramesPerTurn;
  #bytesLeft = maxBytesPerTurn;
  #isPaused = false;
  /** What became of the stream while it was paused. */
  #ending: (() => AgentError) | undefined;

  /** Takes over `stream`, which must be connected. */
  constructor(stream: Duplex, decoder: FrameDecoder<Frame>, events: FrameConnectionEvents<Frame>) {
    this.#stream = stream;
    this.#writer = new BatchedWriter(stream);
    this.#decoder = decoder;
    this.#events = events;
    stream.on('data', (chunk: Buffer) => {
      this.#receive(chunk);
    });
    stream.on('error', (error) => {
      this.#finish(() => explainBrokenStream(error));
    });
    const onEnd = (): void => {
      this.#finish(() => this.#endOfStream());
    };
    stream.on('end', onEnd);
    stream.on('close', onEnd);
  }

  /** Why the connection is unusable; `undefined` while it is usable. */
  get failure(): AgentError | undefined {
    return this.#closing.reason;
  }

  /** Resolves with {@link failure}; never rejects. */
  get closed(): Promise<AgentError> {
    return this.#closing.closed;
  }

  write(bytes: Uint8Array): void {
    this.#writer.write(bytes);
  }

  /** Ends the connection for `reason`; later reasons are ignored. */
  fail(reason: AgentError): void {
    if (!this.#closing.begin(reason)) return;
    this.#events.onFailed(reason);
    this.#stream.destroy();
  }

  /** Ends the connection on our side's wish. */
  close(): void {
    this.fail(new AgentError('cancelled', l10n.t('The connection was closed on this side.')));
  }

  #receive(chunk: Buffer): void {
    if (this.failure !== undefined) return;
    this.#bytesLeft -= chunk.byteLength;
    this.#decoder.push(chunk);
    // A stream may not heed the pause at once; its chunk then waits behind what came before.
    if (!this.#isPaused) this.#handleFrames();
  }

  /** Hands out the frames that are complete; false when the turn's budget ended that, to be continued in the next. */
  #handleFrames(): boolean {
    try {
      while (this.failure === undefined) {
        if (this.#framesLeft <= 0 || this.#bytesLeft <= 0) {
          this.#pauseForOneTurn();
          return false;
        }
        const frame = this.#decoder.next();
        if (frame === undefined) return true;
        this.#framesLeft--;
        this.#events.onFrame(frame);
      }
    } catch (error) {
      this.fail(AgentError.from(error, 'invalid_frame'));
    }
    return true;
  }

  #pauseForOneTurn(): void {
    this.#isPaused = true;
    this.#stream.pause();
    setImmediate(() => {
      this.#framesLeft = maxFramesPerTurn;
      this.#bytesLeft = maxBytesPerTurn;
      this.#isPaused = false;
      if (!this.#handleFrames()) return;
      if (this.#ending !== undefined) this.#finish(this.#ending);
      else if (this.failure === undefined) this.#stream.resume();
    });
  }

  /** Ends the connection for what has become of its stream, once every frame that came before is handled. */
  #finish(explain: () => AgentError): void {
    if (this.failure !== undefined) return;
    if (this.#isPaused) this.#ending ??= explain;
    else this.fail(explain());
  }

  #endOfStream(): AgentError {
    try {
      this.#decoder.end();
    } catch (error) {
      return AgentError.from(error, 'truncated_frame');
    }
    const { code, message } = explainEndedStream(this.#stream);
    return new AgentError(code, sentences(message, this.#decoder.hint()));
  }
}
