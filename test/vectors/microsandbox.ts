import type { CborInput } from '../../src/agent/microsandbox/cbor.ts';
import type { CapturedValue } from '../../src/agent/microsandbox/capture.ts';

/** An entry of microsandbox.json. */
export interface MicrosandboxVector {
  readonly name: string;
  readonly direction: 'guest-to-host' | 'host-to-guest';
  readonly type: string;
  readonly id: number;
  readonly flags: number;
  readonly v: number | null;
  readonly payload: CapturedValue;
  readonly frame_hex: string;
  readonly id_start?: number;
  readonly id_end_exclusive?: number;
}

/** Undoes the JSON form of a payload, so that it can be encoded. */
export function fromCaptured(value: CapturedValue): CborInput {
  if (value === null || typeof value !== 'object') return value;
  if (Array.isArray(value)) return value.map(fromCaptured);
  const [[key, only] = ['', null]] = Object.entries(value);
  if (key === '$bytes' && typeof only === 'string') return new Uint8Array(Buffer.from(only, 'hex'));
  if (key === '$uint' && typeof only === 'string') return BigInt(only);
  return Object.fromEntries(Object.entries(value).map(([name, item]) => [name, fromCaptured(item)]));
}

/** True when the payload was deliberately none. */
export function isRaw(payload: CapturedValue): boolean {
  return typeof payload === 'object' && payload !== null && '$raw' in payload;
}
