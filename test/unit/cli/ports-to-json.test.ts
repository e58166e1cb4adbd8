import { expect, test } from 'vitest';
import { portsToJson } from '../../../src/cli/commands/status.ts';
import { applyPortChanges } from '../../../src/sandboxes/model/port-book.ts';
import { factsOf, publishing } from '../../support/reports.ts';

test('the JSON of ports has the containers that publish something, with their names where they are told', () => {
  const binding = { containerPort: 80, hostPort: 8080, protocol: 'tcp', hostIp: '::' };
  const containers = new Map([
    ['a', publishing(binding)],
    ['b', { facts: factsOf({ name: 'shop-web-1', image: 'nginx' }), bindings: [binding] }],
    ['c', { facts: factsOf({ name: 'quiet-box' }), bindings: [] }],
  ]);
  const known = applyPortChanges({ kind: 'asking' }, [{ kind: 'snapshot', containers }], 0);
  expect(known.kind === 'known' && portsToJson(known.book)).toEqual([
    { containerId: 'a', bindings: [binding] },
    { containerId: 'b', name: 'shop-web-1', image: 'nginx', bindings: [binding] },
  ]);
});
