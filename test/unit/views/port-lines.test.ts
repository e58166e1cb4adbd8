import fc from 'fast-check';
import { expect, test } from 'vitest';
import { cleanBindings } from '../../../src/sandboxes/model/guest-facts.ts';
import { inOrder } from '../../../src/views/tree/in-order.ts';
import { minRangeLength, portItems, type PortItem } from '../../../src/views/tree/port-lines.ts';
import { binding } from './recorded.ts';

const itemsOf = (...list: ReturnType<typeof binding>[]): readonly PortItem[] =>
  portItems(cleanBindings(list).bindings);
const textOf = (item: PortItem): string => {
  const lines = 'lines' in item ? item.lines : [item];
  return lines
    .map(({ binding: { hostPort, containerPort, protocol }, hostIp }) =>
      [hostIp, hostPort, containerPort, protocol].join(' '),
    )
    .join(', ');
};

test('twins of the two IP families are one port, on every address or on loopback', () => {
  expect(itemsOf(binding(80, 8080, '0.0.0.0'), binding(80, 8080, '::')).map(textOf)).toEqual([
    ' 8080 80 tcp',
  ]);
  expect(itemsOf(binding(80, 8080, '127.0.0.1'), binding(80, 8080, '::1')).map(textOf)).toEqual([
    '127.0.0.1 8080 80 tcp',
  ]);
});

test('what differs in more than the family stays apart', () => {
  const lines = itemsOf(
    binding(80, 8080, '0.0.0.0'),
    binding(80, 8090, '::'),
    binding(53, 53, '0.0.0.0', 'tcp'),
    binding(53, 53, '::', 'udp'),
    binding(90, 9090, '127.0.0.1'),
    binding(90, 9090, '::'),
  );
  expect(lines).toHaveLength(6);
});

test('successive ports are a range from three on, ordered by where they are published', () => {
  const range = Array.from({ length: 11 }, (_, i) => binding(9000 + i, 49160 + i));
  expect(
    itemsOf(binding(80, 50_000), ...range, binding(22, 2222)).map((item) =>
      'lines' in item ? item.lines.length : 1,
    ),
  ).toEqual([1, 11, 1]);
  expect(itemsOf(...range.slice(0, minRangeLength - 1)).every((item) => !('lines' in item))).toBe(true);
});

test('ranges do not mix protocols or addresses, and twins do not break them', () => {
  const mixed = [0, 1, 2].flatMap((i) => [
    binding(1 + i, 1 + i, '0.0.0.0'),
    binding(1 + i, 1 + i, '0.0.0.0', 'udp'),
    binding(1 + i, 1 + i, '::'),
  ]);
  expect(itemsOf(...mixed).map(textOf)).toEqual([
    ' 1 1 tcp,  2 2 tcp,  3 3 tcp',
    '0.0.0.0 1 1 udp, 0.0.0.0 2 2 udp, 0.0.0.0 3 3 udp',
  ]);
});

test('no port is lost or shown twice', () => {
  const one = fc.record({
    ...{ containerPort: fc.integer({ min: 1, max: 12 }), hostPort: fc.integer({ min: 1, max: 12 }) },
    ...{
      protocol: fc.constantFrom('tcp', 'udp'),
      hostIp: fc.constantFrom('0.0.0.0', '::', '127.0.0.1', '::1', ''),
    },
  });
  fc.assert(
    fc.property(fc.uniqueArray(one, { selector: (value) => JSON.stringify(value) }), (list) => {
      const shown = itemsOf(...list).flatMap((item) => ('lines' in item ? item.lines : [item]));
      const ports = (
        all: readonly { containerPort: number; hostPort: number; protocol: string }[],
      ): string[] =>
        [
          ...new Set(
            all.map(({ containerPort, hostPort, protocol }) => [containerPort, hostPort, protocol].join()),
          ),
        ].sort();
      expect(ports(shown.map((line) => line.binding))).toEqual(ports(list));
      expect(new Set(shown.map((line) => line.binding)).size).toBe(shown.length);
    }),
  );
});

test('a list is kept in order, and one new item is compared with few others', () => {
  let comparisons = 0;
  const sorted = inOrder<{ value: number }>((a, b) => {
    comparisons++;
    return a.value - b.value;
  });
  const items = Array.from({ length: 2000 }, (_, i) => ({ value: (i * 7919) % 2000 }));
  expect(sorted(items).map(({ value }) => value)).toEqual(Array.from({ length: 2000 }, (_, i) => i));
  expect(sorted(items)).toBe(sorted([...items]));
  comparisons = 0;
  const changed = [...items.slice(1), { value: 1000.5 }];
  expect(sorted(changed).map(({ value }) => value)).toEqual(
    changed.map(({ value }) => value).sort((a, b) => a - b),
  );
  expect(comparisons).toBeLessThan(20);
});
