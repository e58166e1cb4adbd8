import { expect, test } from 'vitest';
import { parseListeningSockets } from '../../../src/agent/microsandbox/proc-net-tcp.ts';

const heading =
  '  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode\n';
const rest = '00000000:00000000 00:00000000 00000000     0        0 1 1 0 100 0 0 10 0\n';
const any6 = '0'.repeat(32);

test('listening sockets are picked out with their addresses, connections are not', () => {
  const text = [
    heading,
    `   0: 00000000:1F90 00000000:0000 0A ${rest}`,
    `   1: 0100007F:2382 00000000:0000 0A ${rest}`,
    `  12: 0100007F:2382 0100007F:9999 01 ${rest}`,
    `   2: ${any6}:0016 ${any6}:0000 0A ${rest}`,
    `   3: 00000000000000000000000001000000:1538 ${any6}:0000 0A ${rest}`,
    `   4: 0000000000000000FFFF00000100007F:0050 ${any6}:0000 0A ${rest}`,
    `   5: B80D01200000000067452301EFCDAB89:0051 ${any6}:0000 0A ${rest}`,
  ].join('');
  expect(parseListeningSockets(text, 100)).toEqual({
    truncated: false,
    sockets: [
      { address: '0.0.0.0', port: 8080 },
      { address: '127.0.0.1', port: 9090 },
      { address: '::', port: 22 },
      { address: '::1', port: 5432 },
      { address: '::ffff:7f00:1', port: 80 },
      { address: '2001:db8::123:4567:89ab:cdef', port: 81 },
    ],
  });
});

test('lines that do not fit are skipped', () => {
  expect(parseListeningSockets(`${heading}  0: 0100007F:23`, 100).sockets).toEqual([]);
  expect(parseListeningSockets('', 100).sockets).toEqual([]);
  expect(parseListeningSockets('\u0000\u0000 garbage : : 0A \n'.repeat(50), 100).sockets).toEqual([]);
});

test('no more sockets are kept than asked for, and that there are more is told', () => {
  const line = `   0: 00000000:1F90 00000000:0000 0A ${rest}`;
  expect(parseListeningSockets(line.repeat(3), 3)).toMatchObject({ truncated: false });
  const { sockets, truncated } = parseListeningSockets(line.repeat(4), 3);
  expect(sockets).toHaveLength(3);
  expect(truncated).toBe(true);
});
