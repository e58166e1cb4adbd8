// The simulated agents, all in this one process, so that what they cost is not counted; told what to do over IPC.
import { createServer, type Server, type Socket } from 'node:net';
import { hostileEngine } from './engine.ts';
import { Guest } from './guest.ts';
import { hostileAnswer, type Answer } from './hostile.ts';
import { enginePath, socketPath, type AgentsCommand, type AgentsReport } from './messages.ts';
import { portBindingsChanged, requestReader } from './wire.ts';

const guests: Guest[] = [];

process.on('message', (command: AgentsCommand) => void run(command));
// Whoever started this process is gone.
process.on('disconnect', () => process.exit());

async function run(command: AgentsCommand): Promise<void> {
  switch (command.kind) {
    case 'serve':
      for (let number = 0; number < command.sandboxes; number++) {
        const guest = new Guest(number, command.shape);
        guests.push(guest);
        await listen(
          serverOf((...request) => guest.answer(...request)),
          socketPath(command.folder, number),
        );
      }
      report({ kind: 'serving' });
      return;
    case 'serveHostile':
      await listen(serverOf(hostileAnswer(command.hostile)), socketPath(command.folder, 0));
      await listen(hostileEngine(), enginePath(command.folder));
      report({ kind: 'serving' });
      return;
    case 'publish': {
      const { sandbox, container, hostPort, afterMs } = command;
      setTimeout(() => guests[sandbox]?.publish(container, { containerPort: 3000, hostPort }), afterMs);
      return;
    }
    case 'storm':
      storm(command);
      return;
    case 'count':
      report({
        kind: 'counts',
        askedGuests: guests.filter(({ statusCalls }) => statusCalls > 0).length,
        statusCalls: guests.reduce((sum, { statusCalls }) => sum + statusCalls, 0),
      });
  }
}

function storm({ notifications, containers, lastHostPort }: Extract<AgentsCommand, { kind: 'storm' }>): void {
  const [guest] = guests;
  if (guest === undefined) return;
  const frames = Array.from({ length: notifications }, (_, count) => {
    const binding = { containerPort: 3000, hostPort: 1024 + (count % 10_000) };
    return portBindingsChanged(guest.containerId(count % containers), [binding]);
  });
  // Written at once: the socket, not this process, decides how fast they go.
  guest.push(Buffer.concat(frames));
  guest.publish(0, { containerPort: 3000, hostPort: lastHostPort });
}

function serverOf(answer: Answer): Server {
  return createServer((socket: Socket) => {
    // A client that hangs up is no failure of the measurement.
    socket.on('error', () => undefined);
    const read = requestReader((type, payload) => {
      const bytes = answer(type, payload, socket);
      if (bytes !== undefined) socket.write(bytes);
    });
    socket.on('data', read);
  });
}

function listen(server: Server, path: string): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject).listen(path, resolve);
  });
}

function report(message: AgentsReport): void {
  process.send?.(message);
}
