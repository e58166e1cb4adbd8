import type { Socket } from 'node:net';
import { errorAnswer, frame, frameType, pong, portBindingsChanged, readPing, systemInfo } from './wire.ts';

/** The guests that try to fill the host's memory or to hold up its loop. */
export const hostileKinds = ['flood', 'services', 'errors', 'docker'] as const;

/** One of {@link hostileKinds}. */
export type HostileKind = (typeof hostileKinds)[number];

/** Answers one request, or does something worse. */
export type Answer = (type: number, payload: Uint8Array, socket: Socket) => Buffer | undefined;

const floodMs = 9000;
const largestPayload = 16 * 1024 * 1024 - 6;
const errorCharacters = 2_000_000;
const failedConnections = 2;
const floodBindings = 20;

/** How each kind answers. All of them answer a plain ping, because otherwise nothing follows it. */
export function hostileAnswer(kind: HostileKind): Answer {
  switch (kind) {
    case 'flood':
      return (type, payload, socket) => {
        if (type !== frameType.ping || !readPing(payload).subscribesPorts) return decent(type, payload);
        flood(socket);
        return undefined;
      };
    case 'services':
      return replacing(frameType.runtimeStatus, emptyServices());
    case 'errors':
      return longErrors();
    case 'docker':
      // The agent tells no ports, so that the extension asks the engine.
      return decent;
  }
}

function replacing(replaced: number, answer: Buffer): Answer {
  return (type, payload) => (type === replaced ? answer : decent(type, payload));
}

function decent(type: number, payload: Uint8Array): Buffer | undefined {
  switch (type) {
    case frameType.ping:
      return pong({ ...readPing(payload), subscribesPorts: false });
    case frameType.systemInfo:
      return systemInfo({ availableBytes: 4e9, load: 0.5, uptimeSeconds: 1000 });
    case frameType.runtimeStatus:
      return frame(frameType.runtimeStatusAnswer, Buffer.from([8, 1, 16, 1]));
    default:
      return undefined;
  }
}

/** Long errors: at first in place of the connection, which is tried again, then in place of every answer to a poll. */
function longErrors(): Answer {
  const text = errorAnswer(500, `\u202e\u001b]0;title\u0007${'x'.repeat(errorCharacters)}`);
  const sockets = new Set<Socket>();
  return (type, payload, socket) => {
    sockets.add(socket);
    const isTooLate = sockets.size > failedConnections;
    return isTooLate && type === frameType.ping ? decent(type, payload) : text;
  };
}

/** A status of the longest frame, filled with services that have no bytes of their own: eight million of them. */
function emptyServices(): Buffer {
  const payload = Buffer.alloc(largestPayload);
  payload.fill(Buffer.from([0x2a, 0x00]));
  return frame(frameType.runtimeStatusAnswer, payload);
}

/** Notifications of ever new containers as fast as the socket takes them, and never the answer they precede. */
function flood(socket: Socket): void {
  const bindings = Array.from({ length: floodBindings }, (_, index) => ({
    ...{ containerPort: 80 + index, hostPort: 8080 + index },
  }));
  const one = portBindingsChanged('0'.repeat(64), bindings);
  const idStart = one.indexOf('0'.repeat(64));
  const many = Buffer.concat(Array.from({ length: 1000 }, () => one));
  const endsAtMs = Date.now() + floodMs;
  let container = 0;
  const more = (): void => {
    while (!socket.destroyed && Date.now() < endsAtMs) {
      const frames = Buffer.from(many);
      for (let start = idStart; start < frames.length; start += one.length) {
        frames.write((container++).toString(16).padStart(12, '0'), start, 'latin1');
      }
      if (socket.write(frames)) continue;
      socket.once('drain', more);
      return;
    }
  };
  more();
}
