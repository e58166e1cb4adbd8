import { isIP } from 'node:net';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { addressAndPort, anyAddress, ipAddress, isLoopbackAddress } from '../../../src/base/ip-address.ts';

describe('an address', () => {
  test.each([
    ['127.0.0.1', '127.0.0.1'],
    ['0.0.0.0', '0.0.0.0'],
    ['', anyAddress],
    ['*', anyAddress],
    ['::', '::'],
    ['[::1]', '::1'],
    ['2001:DB8:0:0:0:0:0:1', '2001:db8::1'],
    ['::ffff:127.0.0.1', '::ffff:7f00:1'],
    // The longest way to write one.
    ['0000:0000:0000:0000:0000:ffff:255.255.255.255', '::ffff:ffff:ffff'],
  ])('%s is read as %j', (raw, address) => {
    expect(ipAddress(raw)).toBe(address);
  });

  test.each([
    'evil.example/phish?x=',
    'localhost',
    '127.1',
    '127.0.0.01',
    '127.0.0.256',
    '0x7f.0.0.1',
    '2130706433',
    '127.0.0.1 ',
    ' 127.0.0.1',
    '127.0.0.1:80',
    '127.0.0.1\n',
    'fe80::1%eth0',
    '[::1',
    'x::1]',
    '[127.0.0.1',
    `::1${' '.repeat(50)}`,
  ])('%j is none', (raw) => {
    expect(ipAddress(raw)).toBeUndefined();
  });

  test('is safe in a URL and the same when it is read again', () => {
    fc.assert(
      fc.property(fc.oneof(fc.ipV4(), fc.ipV6(), fc.string({ maxLength: 20 })), (raw) => {
        const address = ipAddress(raw);
        if (address === undefined || address === anyAddress) return;
        expect(isIP(address)).not.toBe(0);
        expect(ipAddress(address)).toBe(address);
        const url = new URL(`http://${addressAndPort(address, 8080)}/`);
        expect(url.hostname.replace(/^\[|\]$/g, '')).toBe(address);
        expect([url.port, url.username, url.pathname]).toEqual(['8080', '', '/']);
      }),
    );
  });

  test.each([
    ['127.0.0.1', true],
    ['127.9.9.9', true],
    ['::1', true],
    ['::ffff:127.0.0.1', true],
    ['128.0.0.1', false],
    ['0.0.0.0', false],
    ['::', false],
    ['', false],
    ['::2', false],
    ['::ffff:128.0.0.1', false],
    ['1::ffff:7f00:1', false],
  ])('%j is on the same machine: %s', (raw, isLocal) => {
    expect(isLoopbackAddress(ipAddress(raw)!)).toBe(isLocal);
  });

  test('is written with its port, in brackets where it needs them', () => {
    expect(addressAndPort(ipAddress('10.0.0.7')!, 80)).toBe('10.0.0.7:80');
    expect(addressAndPort(ipAddress('fd00::7')!, 80)).toBe('[fd00::7]:80');
  });
});
