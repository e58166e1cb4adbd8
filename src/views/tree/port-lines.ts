import { compareText } from '../../base/compare-text.ts';
import { anyAddress, type IpAddress } from '../../base/ip-address.ts';
import type { HostBinding } from '../../sandboxes/model/guest-facts.ts';

/** Fewer successive ports than these are shown one by one. */
export const minRangeLength = 3;

/** One published port, on one address or on its twin of the other IP family, too. */
export interface PortLine {
  /** The IPv4 one of two. */
  readonly binding: HostBinding;
  /** The address it is open on; empty for every address of both families. */
  readonly hostIp: IpAddress;
}

/** A port, or the successive ones of a range. */
export type PortItem = PortLine | { readonly lines: readonly [PortLine, PortLine, ...PortLine[]] };

/** The published ports of one container, by the port they are published on: twins as one, successive ones as a range. */
export function portItems(bindings: readonly HostBinding[]): readonly PortItem[] {
  const lines = portLines(bindings);
  if (lines.length < minRangeLength) return lines.sort(compareLines);
  const items: PortItem[] = [];
  let run: PortLine[] = [];
  const endRun = (): void => {
    const [first, second, ...others] = run;
    if (first !== undefined && second !== undefined && run.length >= minRangeLength)
      items.push({ lines: [first, second, ...others] });
    else items.push(...run);
    run = [];
  };
  for (const line of lines.sort(compareForRanges)) {
    const last = run.at(-1);
    if (last !== undefined && !follows(last, line)) endRun();
    run.push(line);
  }
  endRun();
  return items.sort((a, b) => compareLines(firstLine(a), firstLine(b)));
}

/** The first of a range, or the port itself. */
export function firstLine(item: PortItem): PortLine {
  return 'lines' in item ? item.lines[0] : item;
}

/** Which address of IPv6 means the same as one of IPv4. */
const twins: ReadonlyMap<string, string> = new Map([
  ['0.0.0.0', '::'],
  ['127.0.0.1', '::1'],
]);

function portLines(bindings: readonly HostBinding[]): PortLine[] {
  const keys = new Set(bindings.map((binding) => keyOf(binding, binding.hostIp)));
  const lines: PortLine[] = [];
  const isTwinOf4 = new Set<string>();
  for (const binding of bindings) {
    const twin = twins.get(binding.hostIp);
    const twinKey = twin === undefined ? undefined : keyOf(binding, twin);
    if (twinKey === undefined || !keys.has(twinKey)) continue;
    isTwinOf4.add(twinKey);
  }
  for (const binding of bindings) {
    if (isTwinOf4.has(keyOf(binding, binding.hostIp))) continue;
    const isOnBoth = binding.hostIp === '0.0.0.0' && isTwinOf4.has(keyOf(binding, '::'));
    lines.push({ binding, hostIp: isOnBoth ? anyAddress : binding.hostIp });
  }
  return lines;
}

function keyOf({ containerPort, hostPort, protocol }: HostBinding, hostIp: string): string {
  return `${containerPort} ${hostPort} ${protocol} ${hostIp}`;
}

function follows({ binding: a, hostIp }: PortLine, { binding: b, hostIp: hostIpOfB }: PortLine): boolean {
  return (
    b.hostPort === a.hostPort + 1 &&
    b.containerPort === a.containerPort + 1 &&
    a.protocol === b.protocol &&
    hostIp === hostIpOfB
  );
}

function compareForRanges(a: PortLine, b: PortLine): number {
  return (
    compareText(a.binding.protocol, b.binding.protocol) ||
    compareText(a.hostIp, b.hostIp) ||
    compareLines(a, b)
  );
}

function compareLines({ binding: a }: PortLine, { binding: b }: PortLine): number {
  return (
    a.hostPort - b.hostPort ||
    a.containerPort - b.containerPort ||
    compareText(a.protocol, b.protocol) ||
    compareText(a.hostIp, b.hostIp)
  );
}
