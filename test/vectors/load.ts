import { readFileSync } from 'node:fs';

/** Reads a file of this folder; its shape is the caller's claim. */
// eslint-disable-next-line @typescript-eslint/no-unnecessary-type-parameters -- it names the claim at the call
export function loadVectors<T>(name: string): T {
  return JSON.parse(readFileSync(new URL(name, import.meta.url), 'utf8')) as T;
}

/** Bytes from hexadecimal. */
export function fromHex(hex: string): Buffer {
  return Buffer.from(hex, 'hex');
}
