import type { PlainText } from '../base/text.ts';
import {
  formatEndpoint,
  parseEndpoint,
  protocols,
  type Protocol,
  type TransportAddress,
} from './endpoint.ts';

type Transport = TransportAddress['kind'];

/** Most repairs that are offered of one text. */
export const maxRepairs = 4;
/** Longest text that is looked at; a longer one is nobody's slip of the pen. */
export const maxRepairableLength = 1000;

/** What the reference agent is started with where it is reached through another program. */
export const agentCommand = ['sandlight', 'agent', '--stdio'] as const;

/** How far a word may be from the one that was meant: letters that differ, are missing or too many. */
const maxSlips = 2;

/** What is spoken on a stream, likeliest first. The daemon's needs a machine, which no repair can know. */
const likelyProtocols: readonly Protocol[] = ['arcbox', 'microsandbox', 'arcbox-ttrpc', 'arcbox-grpc'];
const transports: readonly Transport[] = ['unix', 'hvsock', 'pipe', 'tcp', 'tls', 'vsock', 'exec'];

/** Other words that people use for protocols and transports. */
const protocolAliases: Readonly<Record<string, Protocol>> = {
  ttrpc: 'arcbox-ttrpc',
  grpc: 'arcbox-grpc',
  msb: 'microsandbox',
};
const transportAliases: Readonly<Record<string, readonly Transport[]>> = {
  file: ['unix'],
  npipe: ['pipe'],
  http: ['tcp', 'tls'],
  https: ['tls'],
  grpc: ['tcp', 'tls'],
  grpcs: ['tls'],
};

/** Programs that lead into a sandbox; a command line with one of them is an endpoint in all but its form. */
const programs = /^(?:sudo|ssh|docker|podman|nerdctl|kubectl|limactl|lxc|incus|wsl|wsl\.exe) /;

/**
 * The endpoints that somebody may have meant who wrote `text`, likeliest first and in their canonical form; none for a text
 * that is an endpoint. `home` is what `~` stands for.
 */
export function repairsOf(text: string, home?: string): readonly PlainText[] {
  if (text.length > maxRepairableLength || /\p{Cs}/u.test(text) || canonical(text) !== undefined) return [];
  // As it comes out of a list of settings, a shell or a page.
  const bare = text.trim().replace(/^["'`<\s]+|["'`>,;\s]+$/g, '');
  if (bare === '') return [];
  const found = new Set<PlainText>();
  for (const candidate of candidatesOf(bare, home)) {
    const repaired = canonical(candidate);
    if (repaired !== undefined) found.add(repaired);
    if (found.size === maxRepairs) break;
  }
  return [...found];
}

/** `undefined` when it is no endpoint. */
function canonical(text: string): PlainText | undefined {
  try {
    return formatEndpoint(parseEndpoint(text));
  } catch {
    return undefined;
  }
}

function candidatesOf(text: string, home: string | undefined): readonly string[] {
  if (programs.test(text)) return [execText(text.split(/\s+/))];
  if (/^\\\\[.?]\\pipe\\/.test(text)) return texts(['microsandbox', 'arcbox'], ['pipe'], text);
  const path = home !== undefined && text.startsWith('~/') ? `${home}${text.slice(1)}` : text;
  if (path.startsWith('/')) return texts(likely(path), ['unix'], path);
  if (/^(?:ssh|docker):/.test(text)) return throughProgram(text);

  const [, both = '', rest = ''] = /^([\w+.-]+):(.*)$/.exec(text) ?? /^([\w-]+\+\w+)(\/.*)$/.exec(text) ?? [];
  const scheme = both.toLowerCase();
  const [, first = '', second = ''] = /^(.*?)\+(.*)$/.exec(scheme) ?? /^(.*)[-.](.*)$/.exec(scheme) ?? [];
  const protocol = protocolsLike(first);
  const kinds = transportsLike(second);
  return [
    text,
    ...texts(protocol, kinds, rest),
    // Plain TCP leads to this machine alone.
    ...(kinds.includes('tcp') ? texts(protocol, ['tls'], rest) : []),
    // Only the protocol, only the transport, or no scheme at all: `host:port`.
    ...texts(protocolsLike(scheme), transports, rest),
    ...texts(likely(text), transportsLike(scheme), rest),
    ...texts(likely(text), ['tcp'], text),
    ...texts(['arcbox-grpc', 'arcbox'], ['tls'], text),
  ];
}

/** Every protocol with every transport, as far as `rest` can be an address of it. */
function texts(
  protocolNames: readonly Protocol[],
  kinds: readonly Transport[],
  rest: string,
): readonly string[] {
  return protocolNames.flatMap((protocol) =>
    kinds.flatMap((kind) => {
      const address = addressOf(kind, rest);
      return address === undefined ? [] : [`${protocol}+${kind}:${address}`];
    }),
  );
}

/** What follows `scheme:`, with as many slashes as it wants. */
function addressOf(kind: Transport, rest: string): string | undefined {
  const bare = rest.replace(/^[/\\]+/, '');
  switch (kind) {
    case 'unix':
    case 'hvsock':
      return `///${bare}`;
    case 'pipe': {
      const name = /pipe[/\\]([^/\\]+)$/.exec(rest)?.[1];
      return name && `////./pipe/${name}`;
    }
    case 'tcp':
    case 'tls':
    case 'vsock':
      return `//${bare.replace(/\/$/, '')}`;
    case 'exec':
      return bare.includes('argv=') ? `?${bare.replace(/^\?/, '')}` : undefined;
  }
}

/** `ssh://host:port/socket` and `docker://container`. */
function throughProgram(text: string): readonly string[] {
  const [, program, host, port, socket] =
    /^(ssh|docker):\/*([^/:-][^/:]*)(?::(\d+))?(\/.+)?$/.exec(text) ?? [];
  if (program === undefined || host === undefined) return [];
  if (program === 'docker') return [execText(['docker', 'exec', '-i', host, ...agentCommand])];
  const command = socket === undefined ? agentCommand : ['socat', '-', `UNIX-CONNECT:${socket}`];
  return [execText(['ssh', ...(port === undefined ? [] : ['-p', port]), host, ...command])];
}

function execText(argv: readonly string[]): string {
  return `arcbox+exec:?${argv.map((word) => `argv=${encodeURIComponent(word)}`).join('&')}`;
}

/** The protocols that a path may speak, by the words in it. */
function likely(text: string): readonly Protocol[] {
  const hint = [
    [/micro|msb/i, 'microsandbox'],
    [/ttrpc/i, 'arcbox-ttrpc'],
    [/grpc|^https:/i, 'arcbox-grpc'],
  ] as const;
  const hinted = hint.flatMap(([words, protocol]) => (words.test(text) ? [protocol] : []));
  return [...new Set([...hinted, ...likelyProtocols])];
}

function protocolsLike(word: string): readonly Protocol[] {
  const alias = Object.hasOwn(protocolAliases, word) ? protocolAliases[word] : undefined;
  return alias === undefined ? nearest(word, protocols) : [alias];
}

function transportsLike(word: string): readonly Transport[] {
  const alias = Object.hasOwn(transportAliases, word) ? transportAliases[word] : undefined;
  return alias ?? nearest(word, transports);
}

/** Those of `words` that are nearest to `word`, if near enough to be meant. */
function nearest<Word extends string>(word: string, words: readonly Word[]): readonly Word[] {
  const slips = words.map((candidate) => slipsBetween(word, candidate));
  const fewest = Math.min(...slips);
  // Of a short word little would be left.
  if (fewest > maxSlips || fewest * 2 > word.length) return [];
  return words.filter((_, index) => slips[index] === fewest);
}

/** The Levenshtein distance: how many letters to add, drop or replace. */
function slipsBetween(a: string, b: string): number {
  if (Math.abs(a.length - b.length) > maxSlips) return Infinity;
  let row = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (const [i, letter] of a.split('').entries()) {
    const next = [i + 1];
    for (let j = 0; j < b.length; j++) {
      const replaced = (row[j] ?? 0) + (letter === b[j] ? 0 : 1);
      next.push(Math.min(replaced, (row[j + 1] ?? 0) + 1, (next[j] ?? 0) + 1));
    }
    row = next;
  }
  return row.at(-1) ?? 0;
}
