import { spawn, type ChildProcess } from 'node:child_process';
import { performance } from 'node:perf_hooks';
import type { Readable } from 'node:stream';
import * as l10n from '../../base/l10n.ts';
import { formatEndpoint, type Endpoint } from '../../agent/endpoint.ts';
import { maxQuotedLength, messageOf } from '../../agent/errors.ts';
import { Emitter, type Disposable } from '../../base/emitter.ts';
import { limitedLogger } from '../../base/limited-logger.ts';
import { LineReader } from '../../base/lines.ts';
import type { Logger } from '../../base/logger.ts';
import { plain, plainText, type PlainText } from '../../base/text.ts';
import { backoffMs } from '../../base/backoff.ts';
import {
  freshPlace,
  isPrivate,
  removePlace,
  removeStalePlaces,
  type AgentPlace,
} from './local-agent-place.ts';

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
/** An agent that does not end when asked to is ended after this long. */
const stopTimeoutMs = 3000;
/** Longest line of the agent that is read. */
const maxLineLength = 4096;
/** Most lines of the agent that are logged in a minute. */
export const maxLogLinesPerMinute = 60;
/** An agent that ran this long failed for a reason of its own: the waits begin anew. */
const steadyMs = 60_000;

/** One child process and what belongs to it. */
interface Run {
  readonly child: ChildProcess;
  readonly place: AgentPlace;
}

/**
 * Runs the bundled reference agent as a child process on a private endpoint, and again when it ends. The child ends with
 * this process: it watches its standard input. It makes the folder of its socket and removes it; what one that was killed
 * leaves behind is removed here.
 */
export class LocalAgent {
  readonly #logger: Logger;
  /** Takes the agent's own words, which may be many. */
  readonly #words: Logger;
  readonly #emitter: Emitter<LocalAgentState>;
  #state: LocalAgentState = { phase: 'stopped' };
  #run: Run | undefined;
  #place: AgentPlace | undefined;
  #timer: NodeJS.Timeout | undefined;
  #failures = 0;
  #hasSwept = false;

  constructor(logger: Logger) {
    this.#logger = logger;
    this.#words = limitedLogger(logger, Date.now, maxLogLinesPerMinute);
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
    if (this.#run !== undefined) return;
    clearTimeout(this.#timer);
    this.#sweepOnce();
    this.#setState({ phase: 'starting' });
    try {
      this.#begin(options);
    } catch (error) {
      this.#fail(options, l10n.t('it could not be started: {0}', messageOf(error)));
    }
  }

  /** Stops the agent and does not start it again. */
  stop(): void {
    clearTimeout(this.#timer);
    const run = this.#run;
    this.#run = undefined;
    this.#place = undefined;
    this.#failures = 0;
    if (run !== undefined) end(run);
    this.#setState({ phase: 'stopped' });
  }

  dispose(): void {
    this.stop();
  }

  #begin(options: LocalAgentOptions): void {
    // An agent that is started again listens where it did, and so keeps what is known of it.
    const place = (this.#place ??= freshPlace());
    const { endpoint } = place;
    const child = spawn(process.execPath, argumentsOf(endpoint, options), {
      // In the desktop program the executable is Electron, which is Node when told so.
      env: { ...process.env, ELECTRON_RUN_AS_NODE: '1' },
      stdio: ['pipe', 'pipe', 'pipe'],
    });
    const run = { child, place };
    this.#run = run;
    const startedAtMs = performance.now();
    const giveUp = setTimeout(() => {
      this.#logger.error(plain`The local agent did not listen within ${startTimeoutMs} ms.`);
      child.kill('SIGKILL');
    }, startTimeoutMs);
    let lastWords: PlainText | undefined;
    const ended = (how: PlainText): void => {
      clearTimeout(giveUp);
      removePlace(place);
      if (this.#run !== run) return;
      this.#run = undefined;
      if (performance.now() - startedAtMs > steadyMs) this.#failures = 0;
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
    // One that could not be started, of which an error tells, may have no streams.
    if (child.pid === undefined) return;
    // A child that is gone cannot be written to; its end is heard above.
    child.stdin.on('error', () => undefined);
    forEachLine(child.stderr, (line) => {
      const words = plainText(line, maxQuotedLength);
      if (words === '') return;
      lastWords = words;
      this.#words.info(plain`local agent: ${words}`);
    });
    forEachLine(child.stdout, (line) => {
      if (!line.startsWith('{"listening"') || this.#run !== run) return;
      clearTimeout(giveUp);
      if (isPrivate(place)) {
        this.#logger.info(plain`The local agent listens on ${formatEndpoint(endpoint)}.`);
        this.#setState({ phase: 'running', endpoint });
      } else {
        lastWords = l10n.t('others can change the folder of its socket');
        this.#place = undefined;
        child.kill('SIGKILL');
      }
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

  /** Removes what agents of editors that were killed have left. */
  #sweepOnce(): void {
    if (this.#hasSwept) return;
    this.#hasSwept = true;
    void removeStalePlaces().then((count) => {
      if (count > 0) this.#logger.info(plain`Removed ${count} stale folders of local agents.`);
    });
  }

  #setState(state: LocalAgentState): void {
    this.#state = state;
    this.#emitter.emit(state);
  }
}

function argumentsOf(endpoint: Endpoint, options: LocalAgentOptions): readonly string[] {
  const { cliPath, dockerSocket, containerdSocket } = options;
  return [
    cliPath,
    ...['agent', '--listen', formatEndpoint(endpoint), '--json', '--exit-with-stdin'],
    ...(dockerSocket === undefined ? [] : ['--docker', dockerSocket]),
    ...(containerdSocket === undefined ? [] : ['--containerd', containerdSocket]),
  ];
}

/** Ends a child, by force when it does not end by itself. */
function end({ child, place }: Run): void {
  child.stdin?.destroy();
  child.kill();
  const force = setTimeout(() => child.kill('SIGKILL'), stopTimeoutMs).unref();
  child.once('exit', () => {
    clearTimeout(force);
  });
  // This process may be about to end, too, and then hears nothing of the child's end.
  removePlace(place);
}

function forEachLine(stream: Readable, onLine: (line: string) => void): void {
  const reader = new LineReader({ maxLineLength, onLine });
  stream.on('data', (chunk: Uint8Array) => {
    reader.push(chunk);
  });
  stream.on('end', () => {
    reader.end();
  });
  stream.on('error', () => undefined);
}
