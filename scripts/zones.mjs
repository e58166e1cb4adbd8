/**
 * The rooms of src/, and what each may import besides itself; ARCHITECTURE.md has the same as a table. A room inside
 * another has its own arrows, and the outer one may import it.
 *
 * @type {Readonly<Record<string, readonly string[]>>}
 */
export const rooms = {
  base: [],
  'agent/wire': ['base', 'agent/generated', 'agent/errors.ts'],
  'agent/transport': ['base', 'agent/endpoint.ts', 'agent/errors.ts'],
  'agent/rpc': [
    'base',
    'agent/wire',
    'agent/transport',
    'agent/generated',
    'agent/errors.ts',
    'agent/endpoint.ts',
  ],
  'agent/arcbox': [
    'base',
    'agent/rpc',
    'agent/wire',
    'agent/transport',
    'agent/generated',
    'agent/endpoint.ts',
    'agent/errors.ts',
    'agent/facts.ts',
    'agent/session.ts',
  ],
  'agent/microsandbox': [
    'base',
    'agent/rpc',
    'agent/wire',
    'agent/transport',
    'agent/endpoint.ts',
    'agent/errors.ts',
    'agent/facts.ts',
    'agent/session.ts',
  ],
  agent: ['base'],
  docker: ['base', 'agent/errors.ts', 'agent/facts.ts'],
  'sandboxes/model': ['base', 'agent/endpoint.ts', 'agent/errors.ts', 'agent/facts.ts', 'agent/session.ts'],
  'sandboxes/watch': ['base', 'agent', 'docker', 'sandboxes/model'],
  'sandboxes/sources': ['base', 'agent', 'sandboxes/model', 'sandboxes/watch'],
  views: ['base', 'sandboxes', 'agent/errors.ts', 'agent/endpoint.ts', 'agent/facts.ts'],
  host: ['base', 'views', 'sandboxes', 'agent'],
  commands: [
    'base',
    'host',
    'views',
    'sandboxes',
    'agent/errors.ts',
    'agent/endpoint.ts',
    'agent/endpoint-repairs.ts',
    'agent/facts.ts',
  ],
  guest: ['base', 'agent', 'docker'],
  cli: ['base', 'agent', 'docker', 'guest', 'sandboxes', 'views/facts.ts', 'views/quantities.ts'],
};

/** The same for the linter. */
export const zones = Object.entries(rooms).map(([room, allowed]) => ({
  target: `./src/${room}`,
  from: './src',
  except: [room, ...allowed].map((path) => `./${path}`),
  message: `src/${room} may only import ${[room, ...allowed].join(', ')}.`,
}));
