import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { constants } from 'node:fs';
import { access, stat } from 'node:fs/promises';
import { resolve as resolvePath } from 'node:path';
import { StartFailure } from './failure.ts';
import { limitingWords } from './limits.ts';
import type { Launch, Program, ProgramRequest } from './program.ts';
import { signalProcess } from './session-processes.ts';
import { startInTerminal } from './terminal.ts';
import { findUser, identityOf } from './user.ts';

/** Where programs are looked for when nobody says. */
const defaultPath = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';

/**
 * Starts a program; resolves when it runs.
 *
 * @throws StartFailure when it never ran.
 */
export async function startProgram(request: ProgramRequest): Promise<Program> {
  try {
    const launch = await prepare(request);
    return await (request.terminal === undefined
      ? startWithPipes(launch)
      : startInTerminal(launch, request.terminal));
  } catch (error) {
    throw StartFailure.from(error);
  }
}

async function prepare({ command, args, env, cwd, user, limits }: ProgramRequest): Promise<Launch> {
  if ([command, ...args, ...env, cwd ?? '', user ?? ''].some((word) => word.includes('\0')))
    throw new StartFailure('bad_args', 'No word of a program may contain a NUL character.', 'EINVAL');
  if (env.some((variable) => variable.indexOf('=') < 1))
    throw new StartFailure('bad_args', 'Every variable needs the form NAME=value.', 'EINVAL');
  const folder = resolvePath(cwd ?? process.cwd());
  const found = await stat(folder).catch((error: unknown) => error as NodeJS.ErrnoException);
  if (found instanceof Error || !found.isDirectory())
    throw new StartFailure(
      'bad_cwd',
      `"${folder}" is no folder that can be used.`,
      found instanceof Error ? found.code : 'ENOTDIR',
    );
  const runsAs = user === undefined || user === '' ? undefined : await findUser(user);
  const as = runsAs === undefined ? {} : identityOf(runsAs);
  const environment: Record<string, string> = { PATH: defaultPath };
  Object.assign(environment, process.env);
  if (runsAs?.account !== undefined) {
    const { name, home } = runsAs.account;
    Object.assign(environment, { HOME: home, USER: name, LOGNAME: name });
  }
  for (const variable of env) {
    const at = variable.indexOf('=');
    environment[variable.slice(0, at)] = variable.slice(at + 1);
  }
  const program = await findProgram(command, folder, environment['PATH'] ?? '');
  const limiting = await limitingWords(limits, as);
  return { words: [...limiting, program, ...args], cwd: folder, env: environment, as };
}

/** The path of the file that `command` stands for, as execvp(3) looks for it. */
async function findProgram(command: string, cwd: string, path: string): Promise<string> {
  const candidates = command.includes('/')
    ? [resolvePath(cwd, command)]
    : path.split(':').map((folder) => resolvePath(cwd, folder, command));
  let failure = new StartFailure('not_found', `There is no program "${command}".`, 'ENOENT');
  if (command === '') throw failure;
  for (const candidate of candidates) {
    try {
      if ((await stat(candidate)).isDirectory()) continue;
      await access(candidate, constants.X_OK);
      return candidate;
    } catch (error) {
      // What exists and may not be run tells more than what is missing.
      const found = StartFailure.from(error);
      if (found.kind !== 'not_found') failure = found;
    }
  }
  throw failure;
}

async function startWithPipes({ words, cwd, env, as }: Launch): Promise<Program> {
  const [file = '', ...args] = words;
  const child = spawn(file, args, { cwd, env, ...as, detached: true, stdio: 'pipe' });
  const exited = exitOf(child);
  await once(child, 'spawn');
  const { pid = 0, stdin, stdout, stderr } = child;
  return {
    pid,
    input: stdin,
    outputs: { stdout, stderr },
    exited,
    resize: () => undefined,
    signal: (signal) => {
      if (child.exitCode === null && child.signalCode === null) signalProcess(-pid, signal);
    },
    leaders: [pid],
  };
}

/** The exit code of a child; it never rejects, as a child that does not start says so otherwise. */
export function exitOf(child: ChildProcess): Promise<number> {
  return new Promise((resolve) => {
    child.once('exit', (code) => {
      resolve(code ?? -1);
    });
  });
}
