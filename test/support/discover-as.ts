/**
 * A program: gives up root for the user of the given number, then prints what discovery finds in a home, as a line of
 * JSON, now and whenever it changes. usage: discover-as.ts UID HOME
 */
import { discoverMicrosandbox } from '../../src/sandboxes/sources/microsandbox/discover.ts';
import { resolveMicrosandboxHome } from '../../src/sandboxes/sources/microsandbox/home.ts';
import { watchMicrosandbox } from '../../src/sandboxes/sources/microsandbox/watch.ts';

const [, , uid = '', folder = ''] = process.argv;
process.setgroups?.([]);
process.setgid?.(Number(uid));
process.setuid?.(Number(uid));

const home = await resolveMicrosandboxHome({ MSB_HOME: folder });
const tell = async (): Promise<void> => {
  const { sandboxes, notes } = await discoverMicrosandbox(home);
  process.stdout.write(`${JSON.stringify({ names: sandboxes.map(({ name }) => name), notes })}\n`);
};
await watchMicrosandbox(home, () => void tell(), new AbortController().signal);
await tell();
// Watching alone does not keep a program alive.
process.stdin.resume();
