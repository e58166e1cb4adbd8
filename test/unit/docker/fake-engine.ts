import { AgentError } from '../../../src/agent/errors.ts';
import { plain } from '../../../src/base/text.ts';
import type { DockerEngine } from '../../../src/docker/engine.ts';
import { eventVisit, type EngineEvent } from '../../../src/docker/event-stream.ts';
import { JsonReader } from '../../../src/docker/json-reader.ts';
import {
  inspectReader,
  type ContainerListing,
  type EngineContainer,
  type ListedContainer,
} from '../../../src/docker/answers.ts';

/** The events in a captured line of the event stream. */
export function parseEvents(line: string): readonly EngineEvent[] {
  const events: EngineEvent[] = [];
  const reader = new JsonReader(eventVisit((event) => events.push(event)));
  reader.push(Buffer.from(line));
  reader.end();
  return events;
}

/**
 * Imitates a Docker engine at the border of `DockerEngine`: containers that are set by the test, events that the test
 * sends, answers that can be held back, and an engine that goes down and comes back. A real engine cannot be made to
 * fail at a chosen moment.
 */
export class FakeEngine implements DockerEngine {
  readonly socketPath = '/nonexistent/docker.sock';
  /** Inspect answers by id. */
  readonly containers = new Map<string, unknown>();
  /** Every call, in order. */
  readonly calls: string[] = [];
  /** Listings and inspects wait for it after they have been read; a test holds them back with it. */
  gate: Promise<void> = Promise.resolve();
  /** Errors that the next inspects throw, first in first out. */
  readonly inspectErrors: Error[] = [];
  /** Runs after the listing was read and before it is answered. */
  duringList: () => void = () => undefined;
  #up = true;
  #listener: ((event: EngineEvent | 'end') => void) | undefined;

  /** Has a container, which publishes `hostPort` (TCP 80 inside) or nothing; named by its first digit if nothing else is said. */
  setContainer(id: string, hostPort: number | undefined, running = true, name = id.slice(0, 1)): void {
    const Ports =
      hostPort === undefined ? {} : { '80/tcp': [{ HostIp: '0.0.0.0', HostPort: String(hostPort) }] };
    const State = { Status: running ? 'running' : 'exited', Running: running };
    this.containers.set(id, { Id: id, Name: `/${name}`, State, NetworkSettings: { Ports } });
  }

  send(type: string, action: string, id: string): void {
    const Actor =
      type === 'network' ? { ID: 'n', Attributes: { container: id } } : { ID: id, Attributes: {} };
    this.sendLine(JSON.stringify({ Type: type, Action: action, Actor }));
  }

  /** Sends one line of a captured event stream. */
  sendLine(line: string): void {
    for (const event of parseEvents(line)) this.#listener?.(event);
  }

  /** Ends the event stream. */
  hangUp(): void {
    this.#listener?.('end');
  }

  /** Takes no connection any more, but leaves the event stream open, as an engine does that is shutting down. */
  closeDoor(): void {
    this.#up = false;
  }

  goDown(): void {
    this.closeDoor();
    this.hangUp();
  }

  comeBack(): void {
    this.#up = true;
  }

  ping(): Promise<void> {
    return this.#whenUp();
  }

  version(): Promise<{ version: string; apiVersion: string }> {
    return Promise.resolve({ version: '1', apiVersion: '1' });
  }

  async listContainers(): Promise<ContainerListing> {
    this.calls.push('list');
    await this.#whenUp();
    const list = [...this.containers.values()].map(summary);
    this.duringList();
    await this.gate;
    return { containers: list, leftOut: 0 };
  }

  async inspectContainer(id: string): Promise<EngineContainer | undefined> {
    this.calls.push(`inspect ${id.slice(0, 1)}`);
    await this.#whenUp();
    const error = this.inspectErrors.shift();
    if (error !== undefined) throw error;
    const answer = this.containers.get(id);
    await this.gate;
    return answer === undefined ? undefined : containerOf(answer);
  }

  async openEvents(signal: AbortSignal): Promise<AsyncIterable<EngineEvent>> {
    this.calls.push('events');
    await this.#whenUp();
    const queue: (EngineEvent | 'end')[] = [];
    let wake = (): void => undefined;
    const push = (event: EngineEvent | 'end'): void => {
      queue.push(event);
      wake();
    };
    this.#listener = push;
    signal.addEventListener('abort', () => {
      push('end');
    });
    return (async function* () {
      for (;;) {
        const event = queue.shift();
        if (event === 'end') return;
        if (event !== undefined) yield event;
        else await new Promise<void>((resolve) => (wake = resolve));
      }
    })();
  }

  async #whenUp(): Promise<void> {
    await Promise.resolve();
    if (!this.#up) throw new AgentError('unreachable', plain`the fake engine is down`);
  }
}

function summary(inspect: unknown): ListedContainer {
  return { id: (inspect as { Id: string }).Id, ...containerOf(inspect) };
}

function containerOf(inspect: unknown): EngineContainer {
  const { visit, result } = inspectReader();
  new JsonReader(visit).push(Buffer.from(JSON.stringify(inspect)));
  return result();
}
