import { createServer, type Server } from 'node:http';

const containers = 54;
const inspectBytes = 5_600_000;

/** A Docker engine whose every container publishes more ports than there are. Answers on a Unix socket. */
export function hostileEngine(): Server {
  const ids = Array.from({ length: containers }, (_, index) => index.toString(16).padStart(64, '0'));
  const list = JSON.stringify(ids.map((Id) => ({ Id, Ports: [] })));
  const inspect = inspectAnswer();
  return createServer((request, response) => {
    const path = request.url ?? '';
    response.setHeader('Content-Type', 'application/json');
    // The stream of events stays open and silent.
    if (path.includes('/events')) response.flushHeaders();
    else if (path.includes('/containers/json')) response.end(list);
    else if (path.includes('/containers/')) response.end(inspect);
    else response.end('{}');
  });
}

function inspectAnswer(): string {
  const bindings: string[] = [];
  let bytes = 0;
  for (let port = 1; bytes < inspectBytes; port = (port % 65_535) + 1) {
    const binding = `{"HostIp":"::","HostPort":"${port}"}`;
    bindings.push(binding);
    bytes += binding.length + 1;
  }
  return `{"State":{"Running":true},"NetworkSettings":{"Ports":{"80/tcp":[${bindings.join(',')}]}}}`;
}
