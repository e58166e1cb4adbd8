import type { Duplex } from 'node:stream';
import * as l10n from '../../base/l10n.ts';
import { BatchedWriter } from '../../base/batched-writer.ts';
import { AgentError } from '../errors.ts';
import { decodeChunk, type FrameDecoder } from '../wire/frame-decoder.ts';
import { explainBrokenStream } from '../transport/broken-stream.ts';
import { Closing } from './closing.ts';

/** What a channel does with its connection. */
export interface FrameConnectionEvents<Frame> {
  /** A whole frame. Not called any more once the connection has failed. */
  readonly onFrame: (frame: Frame) => void;
  /** The connection is over; called once, before {@link FrameConnection.closed} resolves. */
  readonly onFailed: (reason: AgentError) => void;
}

/**
 * A byte stream read as frames until it ends, breaks or is closed, which leaves one reason. The stream is read without
 * pause, so whoever takes the frames must bound what it keeps.
 */
export class FrameConnection<Frame> {
  readonly #stream: Duplex;
  readonly #writer: BatchedWriter;
  readonly #decoder: FrameDecoder<Frame>;
  readonly #onFrame: (frame: Frame) => void;
  readonly #onFailed: (reason: AgentError) => void;
  readonly #closing = new Closing();

  /** Takes over `stream`, which must be connected. */
  constructor(stream: Duplex, decoder: FrameDecoder<Frame>, events: FrameConnectionEvents<Frame>) {
    this.#stream = stream;
    this.#writer = new BatchedWriter(stream);
    this.#decoder = decoder;
    this.#onFailed = events.onFailed;
    this.#onFrame = (frame) => {
      if (this.failure === undefined) events.onFrame(frame);
    };
    stream.on('data', (chunk: Buffer) => {
      this.#receive(chunk);
    });
    stream.on('error', (error) => {
      this.fail(explainBrokenStream(error));
    });
    const onEnd = (): void => {
      if (this.failure === undefined) this.fail(this.#endOfStream());
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
    this.#onFailed(reason);
    this.#stream.destroy();
  }

  /** Ends the connection on our side's wish. */
  close(): void {
    this.fail(new AgentError('cancelled', l10n.t('The connection was closed on this side.')));
  }

  #receive(chunk: Buffer): void {
    if (this.failure !== undefined) return;
    try {
      decodeChunk(this.#decoder, chunk, this.#onFrame);
    } catch (error) {
      this.fail(AgentError.from(error, 'invalid_frame'));
    }
  }

  #endOfStream(): AgentError {
    try {
      this.#decoder.end();
    } catch (error) {
      return AgentError.from(error, 'truncated_frame');
    }
    return new AgentError('connection_closed', l10n.t('The agent closed the connection.'));
  }
}
