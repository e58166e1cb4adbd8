import { homedir } from 'node:os';
import type { TransportAddress } from '../../agent/endpoint.ts';

/** The words of a command line; quotes keep one together. Nothing else that shells know is. */
export function wordsOf(line: string): readonly string[] {
  return [...line.matchAll(/"([^"]*)"|'([^']*)'|(\S+)/g)].map(
    ([, double, single, bare]) => double ?? single ?? bare ?? '',
  );
}

/** A path as it was typed, with `~` for the home folder. */
export function expanded(path: string): string {
  return path.startsWith('~/') ? `${homedir()}${path.slice(1)}` : path;
}

/** How the socket of a path is reached, a named pipe on Windows. */
export function socketTransport(typed: string): Extract<TransportAddress, { kind: 'unix' | 'pipe' }> {
  const path = expanded(typed.trim());
  return { kind: path.startsWith('\\\\') ? 'pipe' : 'unix', path };
}
