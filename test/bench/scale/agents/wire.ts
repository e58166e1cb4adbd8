import { BinaryReader, BinaryWriter, WireType } from '@bufbuild/protobuf/wire';

/** Types of ArcBox frames, as far as the simulated agents speak them. */
export const frameType = {
  ping: 0x0001,
  systemInfo: 0x0002,
  runtimeStatus: 0x0004,
  pong: 0x1001,
  systemInfoAnswer: 0x1002,
  runtimeStatusAnswer: 0x1004,
  portBindingsChanged: 0x1030,
  error: 0xffff,
} as const;

const headerBytes = 10;

/** One frame without a trace id. The length counts what follows it. */
export function frame(type: number, payload: Uint8Array): Buffer {
  const bytes = Buffer.allocUnsafe(headerBytes + payload.length);
  bytes.writeUInt32BE(headerBytes - 4 + payload.length, 0);
  bytes.writeUInt32BE(type, 4);
  bytes.writeUInt16BE(0, 8);
  bytes.set(payload, headerBytes);
  return bytes;
}

/** Calls `onRequest` for every whole frame of a stream; trusts the sender, which is the extension under measurement. */
export function requestReader(
  onRequest: (type: number, payload: Buffer) => void,
): (chunk: Buffer<ArrayBuffer>) => void {
  let rest: Buffer<ArrayBuffer> = Buffer.alloc(0);
  return (chunk) => {
    rest = rest.length === 0 ? chunk : Buffer.concat([rest, chunk]);
    while (rest.length >= headerBytes) {
      const end = 4 + rest.readUInt32BE(0);
      if (rest.length < end) return;
      onRequest(rest.readUInt32BE(4), rest.subarray(headerBytes + rest.readUInt16BE(8), end));
      rest = rest.subarray(end);
    }
  };
}

/** What Sandlight's extension of the ping asks for. */
export interface PingWishes {
  readonly subscribesPorts: boolean;
  readonly wantsClock: boolean;
}

/** Field numbers of `sandlight.v1.PingRequestExtension` and of its answer. */
const extension = { ports: 1001, clock: 1002 } as const;

export function readPing(payload: Uint8Array): PingWishes {
  const reader = new BinaryReader(payload);
  let [subscribesPorts, wantsClock] = [false, false];
  while (reader.pos < reader.len) {
    const [field, wireType] = reader.tag();
    if (field === extension.ports && wireType === WireType.Varint) subscribesPorts = reader.bool();
    else if (field === extension.clock && wireType === WireType.Varint) wantsClock = reader.bool();
    else reader.skip(wireType, field);
  }
  return { subscribesPorts, wantsClock };
}

/** An answer to a ping; the guest's clock is the host's. */
export function pong({ subscribesPorts, wantsClock }: PingWishes): Buffer {
  const message = new BinaryWriter();
  message.uint32(tag(1)).string('pong').uint32(tag(2)).string('1.0.0');
  if (subscribesPorts) message.uint32((extension.ports << 3) | WireType.Varint).bool(true);
  if (wantsClock) {
    const unixNanos = BigInt(Date.now()) * 1_000_000n;
    message.uint32(tag(extension.clock)).fork().uint32(8).int64(unixNanos).join();
  }
  return frame(frameType.pong, message.finish());
}

/** One published port. */
export interface Binding {
  readonly containerPort: number;
  readonly hostPort: number;
}

/** The notification that `bindings` are now all of a container. */
export function portBindingsChanged(containerId: string, bindings: readonly Binding[]): Buffer {
  const message = new BinaryWriter().uint32(tag(1)).string(containerId);
  for (const { containerPort, hostPort } of bindings) {
    message.uint32(tag(2)).fork();
    message.uint32(8).uint32(containerPort).uint32(16).uint32(hostPort);
    message.uint32(tag(3)).string('tcp').uint32(tag(4)).string('127.0.0.1').join();
  }
  return frame(frameType.portBindingsChanged, message.finish());
}

/** A status in which everything is ready. */
export function runtimeStatus(services: readonly string[]): Buffer {
  const message = new BinaryWriter().uint32(8).bool(true).uint32(16).bool(true);
  message.uint32(tag(3)).string('unix:///var/run/docker.sock').uint32(tag(4)).string('ready');
  for (const name of services) {
    message.uint32(tag(5)).fork().uint32(tag(1)).string(name).uint32(tag(2)).string('ready').join();
  }
  return frame(frameType.runtimeStatusAnswer, message.finish());
}

/** What a guest measures of itself. */
export interface SystemMeasurement {
  readonly availableBytes: number;
  readonly load: number;
  readonly uptimeSeconds: number;
}

export function systemInfo({ availableBytes, load, uptimeSeconds }: SystemMeasurement): Buffer {
  const message = new BinaryWriter().uint32(tag(1)).string('6.12.8').uint32(tag(2)).string('Linux');
  message.uint32(tag(4)).string('x86_64').uint32(40).uint64(8_589_934_592n);
  message.uint32(48).uint64(BigInt(availableBytes)).uint32(56).uint32(4);
  message.uint32(tag(8)).fork().double(load).double(0.4).double(0.3).join();
  message.uint32(tag(9)).string('guest').uint32(80).uint64(BigInt(uptimeSeconds));
  message.uint32(tag(11)).string('10.0.0.2');
  return frame(frameType.systemInfoAnswer, message.finish());
}

/** An error frame: code and text, both with fixed lengths. */
export function errorAnswer(code: number, text: string): Buffer {
  const words = Buffer.from(text);
  const payload = Buffer.alloc(8 + words.length);
  payload.writeInt32BE(code, 0);
  payload.writeUInt32BE(words.length, 4);
  payload.set(words, 8);
  return frame(frameType.error, payload);
}

/** The tag of a field with a length. */
function tag(field: number): number {
  return (field << 3) | WireType.LengthDelimited;
}
