import type { Duplex } from 'node:stream';
import * as l10n from '../../base/l10n.ts';
import { AgentError } from '../errors.ts';
import { openExec, type OpenExecOptions } from './exec.ts';

/** Settings of {@link openVsock}. */
export interface OpenVsockOptions extends OpenExecOptions {
  /**
   * Program that connects its standard input and output to the port, and its arguments; `{cid}` and `{port}` stand for
   * the address. Defaults to socat.
   */
  readonly vsockHelper?: readonly [string, ...string[]];
}

const defaultHelper = ['socat', '-', 'VSOCK-CONNECT:{cid}:{port}'] as const;

/**
 * Opens an AF_VSOCK port through a helper program, because Node has no AF_VSOCK.
 *
 * @throws AgentError as for a program.
 */
export async function openVsock(
  { cid, port }: { readonly cid: number; readonly port: number },
  options: OpenVsockOptions,
): Promise<Duplex> {
  const fill = (word: string): string =>
    word.replaceAll('{cid}', String(cid)).replaceAll('{port}', String(port));
  const [program, ...args] = options.vsockHelper ?? defaultHelper;
  try {
    return await openExec([fill(program), ...args.map(fill)], options);
  } catch (error) {
    throw AgentError.from(error, 'unreachable').about(l10n.t('vsock is reached through a helper program'));
  }
}
