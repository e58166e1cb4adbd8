import fc from 'fast-check';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { AgentError } from '../../../src/agent/errors.ts';
import type { ConnectOptions } from '../../../src/agent/session.ts';
import { silentLogger } from '../../../src/base/logger.ts';
import { plain } from '../../../src/base/text.ts';
import { Turnstile } from '../../../src/base/turnstile.ts';
import type { DiscoveredState } from '../../../src/sandboxes/model/discovered.ts';
import type { SandboxSpec } from '../../../src/sandboxes/model/snapshot.ts';
import { CallLog } from '../../../src/sandboxes/watch/call-log.ts';
import { SandboxMonitor } from '../../../src/sandboxes/watch/sandbox-monitor.ts';
import { FakeSession } from './fake-session.ts';

const gone = new AgentError('connection_closed', plain`gone`);
const refused = new AgentError('unreachable', plain`nobody there`);
const other = new AgentError('unsupported', plain`another program`);

/**
 * Imitates a program that an attempt starts, which ends some time after it was told to, as a real one does. What the
 * attempt comes to, and when, the test decides.
 */
class Program {
  isRunning = true;
  #isRefused = false;
  session: FakeSession | undefined;
  readonly opened: Promise<FakeSession>;
  readonly #signal: AbortSignal;
  readonly #endMs: number;
  #succeed!: (session: FakeSession) => void;
  #fail!: (error: AgentError) => void;
  #exit!: () => void;

  constructor({ signal, onProgram }: Pick<ConnectOptions, 'signal' | 'onProgram'>, endMs: number) {
    if (signal === undefined) throw new Error('An attempt must be able to be cancelled.');
    this.#signal = signal;
    this.#endMs = endMs;
    this.opened = new Promise((resolve, reject) => {
      this.#succeed = resolve;
      this.#fail = reject;
    });
    const exited = new Promise<void>((resolve) => {
      this.#exit = resolve;
    });
    onProgram?.(exited);
    signal.addEventListener('abort', () => {
      this.refuse(new AgentError('cancelled', plain`cancelled`));
    });
  }

  get isWanted(): boolean {
    return !this.#signal.aborted;
  }

  open(answersPing: boolean): void {
    if (this.session !== undefined || this.#isRefused) return;
    const session = new FakeSession();
    if (!answersPing) session.failPingWith = gone;
    void session.closed.then(() => {
      this.#end();
    });
    this.session = session;
    this.#succeed(session);
  }

  refuse(error: AgentError): void {
    if (this.session !== undefined || this.#isRefused) return;
    this.#isRefused = true;
    this.#fail(error);
    this.#end();
  }

  #end(): void {
    setTimeout(() => {
      this.isRunning = false;
      this.#exit();
    }, this.#endMs);
  }
}

beforeEach(() => {
  vi.useFakeTimers({ now: 1_000_000 });
});
afterEach(() => {
  vi.useRealTimers();
});

type Step =
  | { readonly kind: 'connect' | 'disconnect' | 'refresh' | 'look' | 'lookAway' | 'lose' | 'sleep' | 'turn' }
  | { readonly kind: 'open'; readonly answersPing: boolean }
  | { readonly kind: 'refuse'; readonly isHopeless: boolean }
  | { readonly kind: 'tool'; readonly state: DiscoveredState }
  | { readonly kind: 'pass'; readonly ms: number };

const plainSteps = ['disconnect', 'refresh', 'look', 'lookAway', 'lose', 'sleep', 'turn'] as const;
const states = ['running', 'running', 'stopped', 'paused', 'starting'] as const satisfies DiscoveredState[];

const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 4, arbitrary: fc.constant({ kind: 'connect' } as const) },
  { weight: 8, arbitrary: fc.record({ kind: fc.constantFrom(...plainSteps) }) },
  { weight: 4, arbitrary: fc.record({ kind: fc.constant('open' as const), answersPing: fc.boolean() }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('refuse' as const), isHopeless: fc.boolean() }) },
  {
    weight: 3,
    arbitrary: fc.record({ kind: fc.constant('tool' as const), state: fc.constantFrom(...states) }),
  },
  {
    weight: 6,
    arbitrary: fc.record({
      kind: fc.constant('pass' as const),
      ms: fc.constantFrom(1, 250, 600, 5000, 20_000),
    }),
  },
);

test('in any interleaving what is shown is what is connected, and there is at most one program', async () => {
  const run = async (steps: readonly Step[], endMs: number): Promise<void> => {
    const programs: Program[] = [];
    const spec: SandboxSpec = {
      id: 'a',
      name: plain`box`,
      endpoint: { protocol: 'arcbox', transport: { kind: 'exec', argv: ['agent'] } },
      source: 'microsandbox',
      discovered: { state: 'running', ports: null },
    };
    const monitor = new SandboxMonitor(spec, {
      connect: (_, options) => {
        const program = new Program(options, endMs);
        programs.push(program);
        return program.opened;
      },
      logger: silentLogger,
      calls: new CallLog(),
      attempts: new Turnstile({ maxAtOnce: 2, maxHoldMs: 1000 }),
      polls: new Turnstile({ maxAtOnce: 2, maxHoldMs: 1000 }),
      observe: () => Promise.resolve(undefined),
      onChange: () => undefined,
    });
    const live = (): readonly Program[] => programs.filter(({ session }) => session?.isClosed === false);
    /** What holds in the middle of a turn. */
    const check = (): void => {
      expect(programs.filter(({ isRunning }) => isRunning).length).toBeLessThanOrEqual(1);
      const { connection, readiness } = monitor.snapshot;
      if (connection.phase === 'open') expect(live()).toHaveLength(1);
      else expect(readiness).not.toBe('ready');
    };
    /** What holds when everything that could happen at this moment has happened: no effect outlives its state. */
    const checkSettled = async (): Promise<void> => {
      await vi.advanceTimersByTimeAsync(0);
      check();
      const { phase } = monitor.snapshot.connection;
      expect(live()).toHaveLength(phase === 'open' ? 1 : 0);
      const attempts = programs.filter(
        ({ isWanted, session, isRunning }) => isWanted && !session && isRunning,
      );
      if (phase !== 'connecting') expect(attempts).toHaveLength(0);
    };
    for (const next of steps) {
      const newest = programs.at(-1);
      switch (next.kind) {
        case 'connect':
          monitor.connect();
          break;
        case 'disconnect':
          monitor.disconnect();
          break;
        case 'refresh':
          void monitor.refresh().catch(() => undefined);
          break;
        case 'look':
          monitor.setAttention('visible');
          break;
        case 'lookAway':
          monitor.setAttention('background');
          break;
        case 'lose':
          newest?.session?.lose(gone);
          break;
        case 'sleep':
          vi.setSystemTime(Date.now() + 3_600_000);
          break;
        case 'turn':
          await Promise.resolve();
          break;
        case 'open':
          newest?.open(next.answersPing);
          break;
        case 'refuse':
          newest?.refuse(next.isHopeless ? other : refused);
          break;
        case 'tool':
          monitor.update({ ...spec, discovered: { state: next.state, ports: null } });
          break;
        case 'pass':
          await vi.advanceTimersByTimeAsync(next.ms);
          await checkSettled();
          break;
      }
      check();
    }
    await checkSettled();
    if (monitor.snapshot.connection.phase === 'open')
      await expect(monitor.ping({ timeoutMs: 1000 })).resolves.toMatchObject({ rttMs: 1 });
    monitor.dispose();
    await vi.advanceTimersByTimeAsync(endMs + 2000);
    expect(programs.filter(({ isRunning }) => isRunning)).toHaveLength(0);
    expect(vi.getTimerCount()).toBe(0);
  };
  await fc.assert(
    fc.asyncProperty(
      fc.array(step, { maxLength: 60, size: 'max' }),
      fc.constantFrom(0, 1, 2000),
      async (steps, endMs) => {
        await run(steps, endMs);
      },
    ),
    { numRuns: 300 },
  );
});
