import { expect, test } from 'vitest';
import { agentSocketsOf, maxAgentSockets } from '../../../src/sandboxes/sources/listening-sockets.ts';

/** A line of `/proc/net/unix`, as Linux 6.1 writes it. */
const line = (path: string, flags = '00010000', type = '0001'): string =>
  `00000000483d602c: 00000003 00000000 ${flags} ${type} 01 1441120 ${path}\n`;
const header = 'Num       RefCount Protocol Flags    Type St Inode Path\n';

test('only listening streams that look like agents are offered, each once', () => {
  const table = [
    header,
    line('/run/arcbox/dev/agent.sock'),
    line('/run/b guest.sock'),
    line('/run/b guest.sock'),
    line('/run/connected-agent.sock', '00000000'),
    line('/run/datagram-agent.sock', '00010000', '0002'),
    line('@abstract-agent'),
    line('/run/docker.sock'),
    line('/tmp/ssh-XX/agent.7'),
    line('/run/user/0/gnupg/S.gpg-agent'),
  ].join('');
  expect(agentSocketsOf(table)).toEqual(['/run/arcbox/dev/agent.sock', '/run/b guest.sock']);
});

test('a line that was cut is left out, and so is what exceeds the limit', () => {
  expect(agentSocketsOf(header + line('/run/agent.sock').slice(0, -6))).toEqual([]);
  const many = Array.from({ length: maxAgentSockets + 1 }, (_, index) => line(`/run/agent-${index}.sock`));
  expect(agentSocketsOf(many.join(''))).toHaveLength(maxAgentSockets);
});
