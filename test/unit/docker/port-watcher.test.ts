import { readFileSync } from 'node:fs';
import { afterEach, beforeEach, describe, expect, it, onTestFinished, vi } from 'vitest';
import { AgentError } from '../../../src/agent/errors.ts';
import type { ContainerReport, PortChange } from '../../../src/agent/facts.ts';
import { silentLogger, type Logger } from '../../../src/base/logger.ts';
import { plain } from '../../../src/base/text.ts';
import { watchPorts } from '../../../src/docker/port-watcher.ts';
import { maxUnread } from '../../../src/docker/refresh-queue.ts';
import { FakeEngine } from './fake-engine.ts';

const a = 'a'.repeat(64);
const b = 'b'.repeat(64);

let engine: FakeEngine;
let stop: AbortController;
let logger: Logger;
let changes: string[];
/** What came besides lists. */
let verdicts: PortChange[];
let watching: Promise<void>;

beforeEach(() => {
  engine = new FakeEngine();
  stop = new AbortController();
  logger = silentLogger;
  changes = [];
  verdicts = [];
});

afterEach(async () => {
  stop.abort();
  await watching;
});

/** Writes changes as short text: `a:8080`, `a:-` for no port, `a:gone`, `a=name:8080` for a name, `snapshot a:8080`. */
function watch(): void {
  const ports = (id: string, report: ContainerReport | null): string => {
    const digit = id.slice(0, 1);
    if (report === null) return `${digit}:gone`;
    const name = report.facts?.name === digit ? '' : `=${report.facts?.name ?? ''}`;
    return `${digit}${name}:${report.bindings.map(({ hostPort }) => hostPort).join(',') || '-'}`;
  };
  const onChange = (change: PortChange): void => {
    if (change.kind === 'snapshot') {
      const lists = [...change.containers].map(([id, report]) => ports(id, report));
      changes.push(['snapshot', ...lists].join(' '));
    } else if (change.kind === 'changed') {
      changes.push(ports(change.containerId, change.report));
    } else {
      verdicts.push(change);
    }
  };
  watching = watchPorts(engine, {
    onChange,
    signal: stop.signal,
    logger,
  });
}

const until = (expected: readonly string[]): Promise<void> =>
  vi.waitFor(() => {
    expect(changes).toEqual(expected);
  }, 5000);

/** Resolves after every inspect that has been asked for was answered, seen by a later container's change. */
async function settle(): Promise<void> {
  const marker = 'f'.repeat(64);
  const before = changes.length;
  engine.setContainer(marker, 1 + before);
  engine.send('container', 'start', marker);
  await vi.waitFor(() => {
    expect(changes.some((change) => change === `f:${String(1 + before)}`)).toBe(true);
  }, 8000);
  changes = changes.filter((change) => !change.startsWith('f:'));
}

describe('watchPorts', () => {
  it('opens the event stream before it lists, and gives a snapshot first', async () => {
    engine.setContainer(a, 8080);
    watch();
    await until(['snapshot a:8080']);
    expect(engine.calls.slice(0, 2)).toEqual(['events', 'list']);
    expect(verdicts).toEqual([]);
  });

  it('sees a container that starts after the listing was made and before it was answered', async () => {
    engine.duringList = () => {
      engine.setContainer(a, 8080);
      engine.send('container', 'start', a);
    };
    watch();
    await until(['snapshot', 'a:8080']);
  });

  it('verifies a listing that lags behind its events', async () => {
    engine.setContainer(a, 8080);
    engine.duringList = () => {
      engine.setContainer(a, 9090);
    };
    watch();
    await until(['snapshot a:8080', 'a:9090']);
  });

  it('ends with the name that a container was given while it was listed', async () => {
    engine.setContainer(a, 8080);
    engine.duringList = () => {
      engine.setContainer(a, 8080, true, 'new');
    };
    watch();
    await until(['snapshot a:8080', 'a=new:8080']);
  });

  it('follows a rename, a stop, a removal, and two containers of one name', async () => {
    engine.setContainer(a, 8080);
    engine.setContainer(b, undefined, false);
    watch();
    await until(['snapshot a:8080 b:-']);
    engine.setContainer(a, 8080, true, 'twin');
    engine.send('container', 'rename', a);
    await until(['snapshot a:8080 b:-', 'a=twin:8080']);
    engine.setContainer(b, undefined, false, 'twin');
    engine.send('container', 'rename', b);
    await until(['snapshot a:8080 b:-', 'a=twin:8080', 'b=twin:-']);
    engine.setContainer(a, 8080, false, 'twin');
    engine.send('container', 'die', a);
    await until(['snapshot a:8080 b:-', 'a=twin:8080', 'b=twin:-', 'a=twin:-']);
    engine.containers.delete(a);
    engine.send('container', 'destroy', a);
    await until(['snapshot a:8080 b:-', 'a=twin:8080', 'b=twin:-', 'a=twin:-', 'a:gone']);
  });

  it('believes the inspect, not the event', async () => {
    engine.setContainer(a, 8080);
    watch();
    await until(['snapshot a:8080']);
    engine.send('container', 'die', a);
    await settle();
    expect(changes).toEqual(['snapshot a:8080']);
  });

  it.each(['events-20.10.ndjson', 'events-26.ndjson'])(
    'ends with the truth after the captured order of %s',
    async (file) => {
      watch();
      await until(['snapshot']);
      for (const line of readFileSync(`test/vectors/docker/${file}`, 'utf8').trim().split('\n'))
        engine.sendLine(line);
      engine.setContainer(a, 1);
      await settle();
      expect(changes).toEqual(['snapshot']);
    },
  );

  it('shows no port for the captured failed starts, whose containers never run', async () => {
    watch();
    await until(['snapshot']);
    for (const line of readFileSync('test/vectors/docker/events-failed-start.ndjson', 'utf8')
      .trim()
      .split('\n')) {
      const id = /"container":"([0-9a-f]{64})"/.exec(line)?.[1];
      if (id !== undefined) engine.setContainer(id, 8080, false);
      engine.sendLine(line);
    }
    await settle();
    expect(changes.slice(1).filter((change) => !change.endsWith(':-'))).toEqual([]);
    expect(engine.calls.length).toBeGreaterThan(3);
  });

  it('follows a network disconnect and connect, which have no container event', async () => {
    engine.setContainer(a, 8080);
    watch();
    await until(['snapshot a:8080']);
    engine.setContainer(a, undefined);
    engine.send('network', 'disconnect', a);
    await until(['snapshot a:8080', 'a:-']);
    engine.setContainer(a, 8080);
    engine.send('network', 'connect', a);
    await until(['snapshot a:8080', 'a:-', 'a:8080']);
  });

  it('makes a burst of events one inspect under way and one after it', async () => {
    watch();
    await until(['snapshot']);
    let open = (): void => undefined;
    engine.gate = new Promise((resolve) => (open = resolve));
    engine.setContainer(a, 8080);
    for (let i = 0; i < 50; i++) engine.send('container', 'start', a);
    await vi.waitFor(() => {
      expect(engine.calls.filter((call) => call === 'inspect a')).toHaveLength(1);
    }, 8000);
    engine.setContainer(a, 9090);
    open();
    await vi.waitFor(() => {
      expect(changes.at(-1)).toBe('a:9090');
    }, 8000);
    expect(engine.calls.filter((call) => call === 'inspect a')).toHaveLength(2);
  });

  it('tries an inspect again that failed', async () => {
    watch();
    await until(['snapshot']);
    engine.inspectErrors.push(new AgentError('timeout', plain`the container was locked`));
    engine.setContainer(a, 8080);
    engine.send('container', 'start', a);
    await until(['snapshot', 'a:8080']);
  });

  it('keeps what it knew while the engine is down, and tells the difference when it is back', async () => {
    engine.setContainer(a, 8080);
    engine.setContainer(b, 9090);
    watch();
    await until(['snapshot a:8080 b:9090']);
    engine.goDown();
    await vi.waitFor(() => {
      expect(verdicts.at(-1)?.kind).toBe('stale');
    }, 8000);
    expect(changes).toHaveLength(1);
    engine.containers.delete(a);
    engine.setContainer(b, 9191);
    engine.comeBack();
    await until(['snapshot a:8080 b:9090', 'a:gone', 'b:9191']);
    expect(verdicts.at(-1)).toEqual({ kind: 'current' });
    expect(verdicts).toHaveLength(2);
  });

  it('believes nothing of an engine that takes no connection, although its event stream is open', async () => {
    engine.setContainer(a, 8080);
    watch();
    await until(['snapshot a:8080']);
    await settle();
    engine.closeDoor();
    engine.send('container', 'kill', a);
    await vi.waitFor(() => {
      expect(verdicts).toMatchObject([{ kind: 'stale', reason: { code: 'unreachable' } }]);
    }, 8000);
    engine.comeBack();
    await vi.waitFor(() => {
      expect(verdicts.at(-1)).toEqual({ kind: 'current' });
    }, 5000);
  });

  it('keeps trying when the engine is down at the start', async () => {
    engine.goDown();
    engine.setContainer(a, 8080);
    watch();
    await vi.waitFor(() => {
      expect(verdicts).toHaveLength(1);
    }, 8000);
    expect(verdicts[0]).toMatchObject({ kind: 'stale', reason: { code: 'unreachable' } });
    expect(changes).toEqual([]);
    engine.comeBack();
    await until(['snapshot a:8080']);
    expect(verdicts.at(-1)).toEqual({ kind: 'current' });
  });

  it('tries an engine that hangs up after each listing more and more seldom', async () => {
    vi.useFakeTimers();
    onTestFinished(() => void vi.useRealTimers());
    engine.duringList = () => {
      engine.hangUp();
    };
    watch();
    await vi.advanceTimersByTimeAsync(20_000);
    expect(engine.calls.filter((call) => call === 'list').length).toBeLessThan(15);
    expect(verdicts.slice(0, 3).map(({ kind }) => kind)).toEqual(['stale', 'current', 'stale']);
  });

  it('tries again soon when an engine hangs up that was steady', async () => {
    vi.useFakeTimers();
    onTestFinished(() => void vi.useRealTimers());
    engine.goDown();
    watch();
    await vi.advanceTimersByTimeAsync(20_000);
    engine.comeBack();
    await vi.advanceTimersByTimeAsync(20_000);
    const lists = (): number => engine.calls.filter((call) => call === 'list').length;
    expect(lists()).toBe(1);
    engine.hangUp();
    await vi.advanceTimersByTimeAsync(300);
    expect(lists()).toBe(2);
  });

  it('writes few lines about an engine whose containers cannot be inspected', async () => {
    vi.useFakeTimers();
    onTestFinished(() => void vi.useRealTimers());
    let lines = 0;
    const note = (): void => {
      lines++;
    };
    logger = { ...silentLogger, debug: note, warn: note };
    // No more, because the fake clock looks through all its timers for each that fires.
    for (let index = 0; index < 200; index++) {
      engine.setContainer(index.toString(16).padStart(64, '0'), 8080);
      for (let time = 0; time < 10; time++)
        engine.inspectErrors.push(new AgentError('timeout', plain`the container was locked`));
    }
    watch();
    await vi.advanceTimersByTimeAsync(59_000);
    expect(engine.calls.length).toBeGreaterThan(1000);
    expect(lines).toBe(20);
  });

  it('gives up following rather than remember containers without end', async () => {
    watch();
    await until(['snapshot']);
    engine.gate = new Promise(() => undefined);
    for (let index = 0; index < maxUnread + 10; index++) {
      engine.send('container', 'start', index.toString(16).padStart(64, '0'));
    }
    await vi.waitFor(() => {
      expect(verdicts).toMatchObject([{ kind: 'stale', reason: { code: 'frame_too_large' } }]);
    }, 8000);
  });

  it('asks the engine nothing while nothing happens', async () => {
    engine.setContainer(a, 8080);
    watch();
    await until(['snapshot a:8080']);
    await settle();
    const calls = engine.calls.length;
    await new Promise((resolve) => setTimeout(resolve, 400));
    expect(engine.calls).toHaveLength(calls);
  });
});
