import { spawn, type ChildProcess } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as l10n from '../../base/l10n.ts';
import { formatEndpoint, type Endpoint } from '../../agent/endpoint.ts';
import type { Logger } from '../../base/logger.ts';
import { plain, plainText, type PlainText } from '../../base/text.ts';
import { maxQuotedLength, messageOf } from '../../agent/errors.ts';
import { backoffMs } from '../model/connection.ts';
import { Emitter, type Disposable } from '../../base/emitter.ts';

/** Where the bundled reference agent stands. */
export type LocalAgentState =
  | { readonly phase: 'stopped' }
  | { readonly phase: 'starting' }
  | { readonly phase: 'running'; readonly endpoint: Endpoint }
  /** It ended by itself, or could not be started; it is tried again after a while. */
  | { readonly phase: 'failed'; readonly reason: PlainText };

/** How the bundled agent is run. */
export interface LocalAgentOptions {
  /** Path of the bundled command line, `dist/cli.js`. */
  readonly cliPath: string;
  /** Socket of the Docker engine it looks at; `undefined` for the usual places. */
  readonly dockerSocket: string | undefined;
  /** Socket of the containerd it looks at; `undefined` for the usual places. */
  readonly containerdSocket: string | undefined;
}

const startTimeoutMs = 15_000;
const maxLineLength = 4096;
/** An agent that ran this long failed for a reason of its own: the waits begin anew. */
const steadyMs = 60_000;

/**
 * Runs the bundled reference agent as a child process on a private endpoint, and again when it ends. The child ends with
 * this process: it watches its standard input.
 */
export class LocalAgent {
  readonly #logger: Logger;
  readonly #emitter: Emitter<LocalAgentState>;
  #state: LocalAgentState = { phase: 'stopped' };
  #child: ChildProcess | undefined;
  #directory: string | undefined;
  #timer: NodeJS.Timeout | undefined;
  #failures = 0;

  constructor(logger: Logger) {
    this.#logger = logger;
    this.#emitter = new Emitter((error) => {
      logger.error(plain`A listener of the local agent failed: ${messageOf(error)}`);
    });
  }

  get state(): LocalAgentState {
    return this.#state;
  }

  onDidChange(listener: (state: LocalAgentState) => void): Disposable {
    return this.#emitter.on(listener);
  }

  /** Starts the agent; does nothing while it runs or starts. */
  start(options: LocalAgentOptions): void {
    if (this.#child !== undefined) return;
    clearTimeout(this.#timer);
    this.#setState({ phase: 'starting' });
    try {
      this.#run(options);
    } catch (error) {
      this.#fail(options, l10n.t('it could not be started: {0}', messageOf(error)));
    }
  }

  /** Stops the agent and does not start it again. */
  stop(): void {
    clearTimeout(this.#timer);
    const child = this.#child;
    this.#child = undefined;
    child?.stdin?.destroy();
    child?.kill();
    if (this.#directory !== undefined) rmSync(this.#directory, { recursive: true, force: true });
    this.#directory = undefined;
    this.#failures = 0;
    this.#setState({ phase: 'stopped' });
  }

  dispose(): void {
    this.stop();
  }

  #run(options: LocalAgentOptions): void {
    const endpoint = this.#freshEndpoint();
    const { cliPath, dockerSocket, containerdSocket } = options;
    const child = spawn(
      process.execPath,
      [
        cliPath,
        ...['agent', '--listen', formatEndpoint(endpoint), '--json', '--exit-with-stdin'],
        ...(dockerSocket === undefined ? [] : ['--docker', dockerSocket]),
        ...(containerdSocket === undefined ? [] : ['--containerd', containerdSocket]),
      ],
      // In the desktop program the executable is Electron, which is Node when told so.
      { env: { ...process.env, ELECTRON_RUN_AS_NODE: '1' }, stdio: ['pipe', 'pipe', 'pipe'] },
    );
    this.#child = child;
    const startedAtMs = Date.now();
    const giveUp = setTimeout(() => {
      this.#logger.error(plain`The local agent did not listen within ${startTimeoutMs} ms.`);
      child.kill();
    }, startTimeoutMs);
    let lastWords: PlainText | undefined;
    forEachLine(child.stdout, (line) => {
      if (!line.startsWith('{"listening"')) return;
      clearTimeout(giveUp);
      this.#logger.info(
        plain`The local agent listens on ${plainText(formatEndpoint(endpoint), maxQuotedLength)}.`,
      );
      if (this.#child === child) this.#setState({ phase: 'running', endpoint });
    });
    forEachLine(child.stderr, (line) => {
      const words = plainText(line, maxQuotedLength);
      if (words === '') return;
      lastWords = words;
      this.#logger.info(plain`local agent: ${words}`);
    });
    // A child that is gone cannot be written to; its end is heard below.
    child.stdin.on('error', () => undefined);
    const ended = (how: PlainText): void => {
      clearTimeout(giveUp);
      if (this.#child !== child) return;
      this.#child = undefined;
      if (Date.now() - startedAtMs > steadyMs) this.#failures = 0;
      this.#fail(options, lastWords === undefined ? how : l10n.t('{0}; its last words: {1}', how, lastWords));
    };
    child.on('error', (error) => {
      ended(l10n.t('it could not be started: {0}', messageOf(error)));
    });
    child.on('exit', (code, signal) => {
      ended(
        signal === null
          ? l10n.t('it ended with code {0}', code ?? 0)
          : l10n.t('it ended with signal {0}', signal),
      );
    });
  }

  #fail(options: LocalAgentOptions, reason: PlainText): void {
    const delayMs = backoffMs(++this.#failures + 1, Math.random());
    this.#logger.error(
      plain`The local agent is not running: ${reason}. It is started again in ${delayMs} ms.`,
    );
    this.#setState({ phase: 'failed', reason });
    this.#timer = setTimeout(() => {
      this.start(options);
    }, delayMs);
  }

  /** An endpoint that no other user of this machine can reach or foresee. */
  #freshEndpoint(): Endpoint {
    if (process.platform === 'win32')
      return {
        protocol: 'arcbox',
        transport: { kind: 'pipe', path: `\\\\.\\pipe\\sandlight-${randomUUID()}` },
      };
    // mkdtemp makes a directory that only this user may enter.
    this.#directory ??= mkdtempSync(join(tmpdir(), 'sandlight-'));
    const path = join(this.#directory, 'agent.sock');
    rmSync(path, { force: true });
    return { protocol: 'arcbox', transport: { kind: 'unix', path } };
  }

  #setState(state: LocalAgentState): void {
    this.#state = state;
    this.#emitter.emit(state);
  }
}

/** Calls `take` for every line, cut at {@link maxLineLength} characters. */
function forEachLine(stream: NodeJS.ReadableStream, take: (line: string) => void): void {
  let rest = '';
  stream.setEncoding('utf8');
  stream.on('data', (chunk: string) => {
    const lines = (rest + chunk).split('\n');
    rest = (lines.pop() ?? '').slice(0, maxLineLength);
    for (const line of lines) if (line !== '') take(line.slice(0, maxLineLength));
  });
}
