import type { Socket } from 'node:net';
import {
  frameType,
  pong,
  portBindingsChanged,
  readPing,
  runtimeStatus,
  systemInfo,
  type Binding,
} from './wire.ts';

/** What a simulated guest holds. */
export interface GuestShape {
  readonly containers: number;
  readonly bindingsEach: number;
  readonly services: number;
  /** True: load, memory and uptime differ from answer to answer, as those of a real guest do. */
  readonly isBusy: boolean;
}

/** Where a port of container number `index` is published before anything changes. */
const firstHostPort = 20_000;
const firstContainerPort = 3000;
const startedAtMs = Date.now();

/** One well-behaved guest with its agent. */
export class Guest {
  readonly #shape: GuestShape;
  readonly #number: number;
  readonly #containers: Map<string, readonly Binding[]>;
  readonly #status: Buffer;
  readonly #system: Buffer;
  readonly #subscribers = new Set<Socket>();
  #statusCalls = 0;

  constructor(number: number, shape: GuestShape) {
    this.#number = number;
    this.#shape = shape;
    this.#containers = new Map(
      Array.from({ length: shape.containers }, (_, index) => [
        this.containerId(index),
        bindingsOf(index, shape.bindingsEach),
      ]),
    );
    const names = ['containerd', 'dockerd', 'runc'];
    const more = Array.from({ length: Math.max(shape.services - names.length, 0) }, (_, n) => `service-${n}`);
    this.#status = runtimeStatus([...names, ...more]);
    this.#system = systemInfo({ availableBytes: 4_294_967_296, load: 0.5, uptimeSeconds: 1000 });
  }

  /** How often the status was asked for, which every poll does once. */
  get statusCalls(): number {
    return this.#statusCalls;
  }

  /** A full container id; ids sort as their indices do. */
  containerId(index: number): string {
    return this.#number.toString(16).padStart(32, '0') + index.toString(16).padStart(32, '0');
  }

  answer(type: number, payload: Uint8Array, socket: Socket): Buffer | undefined {
    switch (type) {
      case frameType.ping:
        return this.#answerPing(payload, socket);
      case frameType.systemInfo:
        return this.#shape.isBusy ? busySystem() : this.#system;
      case frameType.runtimeStatus:
        this.#statusCalls++;
        return this.#status;
      default:
        return undefined;
    }
  }

  /** Sends bytes to everybody who follows the ports. */
  push(bytes: Buffer): void {
    for (const socket of this.#subscribers) socket.write(bytes);
  }

  /** Tells that container number `index` publishes `binding` and nothing else. */
  publish(index: number, binding: Binding): void {
    const id = this.containerId(index);
    this.#containers.set(id, [binding]);
    this.push(portBindingsChanged(id, [binding]));
  }

  #answerPing(payload: Uint8Array, socket: Socket): Buffer {
    const wishes = readPing(payload);
    if (wishes.subscribesPorts) {
      for (const [id, bindings] of this.#containers) socket.write(portBindingsChanged(id, bindings));
      this.#subscribers.add(socket);
      socket.once('close', () => {
        this.#subscribers.delete(socket);
      });
    }
    return pong(wishes);
  }
}

function bindingsOf(container: number, count: number): Binding[] {
  return Array.from({ length: count }, (_, index) => ({
    containerPort: firstContainerPort + index,
    hostPort: firstHostPort + container * count + index,
  }));
}

function busySystem(): Buffer {
  return systemInfo({
    availableBytes: Math.round(4e9 + Math.random() * 1e9),
    load: Math.random(),
    uptimeSeconds: 1000 + Math.round((Date.now() - startedAtMs) / 1000),
  });
}
