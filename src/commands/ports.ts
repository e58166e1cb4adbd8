import * as vscode from 'vscode';
import * as l10n from '../base/l10n.ts';
import { plain, type PlainText } from '../base/text.ts';
import { ask, pick, tell } from '../host/notify.ts';
import { isOwnAddress } from '../host/own-addresses.ts';
import { copyText } from './clipboard.ts';
import type { CommandContext, CommandFamily } from './context.ts';
import { guessScheme, reachableAddress, type Scheme } from './port-address.ts';
import { portTarget, type PortNode } from './target.ts';

/** Commands on published ports. */
export function portCommands(
  context: CommandContext,
): CommandFamily<'sandlight.openPort' | 'sandlight.copyPortAddress'> {
  const isTcp = ({ binding }: PortNode): boolean => binding.protocol === 'tcp';
  return {
    'sandlight.openPort': async (target) => {
      const port = await portTarget(context, target, isTcp);
      if (port === undefined) return;
      if (!isTcp(port)) {
        tell(l10n.t('A browser cannot open a port of {0}.', port.binding.protocol));
        return;
      }
      const scheme = await schemeOf(context, port);
      if (scheme === undefined) return;
      const url = urlOf(scheme, port);
      const { hostIp } = port.binding;
      const mayOpen = isOwnAddress(hostIp) || (await mayOpenElsewhere(context, port, url));
      if (mayOpen) await vscode.env.openExternal(vscode.Uri.parse(url, true));
    },
    'sandlight.copyPortAddress': async (target) => {
      const port = await portTarget(context, target);
      if (port === undefined) return;
      await copyText(isTcp(port) ? await externalAddress(port) : reachableAddress(port.binding));
    },
  };
}

function urlOf(scheme: Scheme, { binding }: PortNode): PlainText {
  return plain`${scheme}://${reachableAddress(binding)}/`;
}

/** Asks before the browser is sent to a machine that only the guest has named. */
async function mayOpenElsewhere(
  { registry }: CommandContext,
  { sandboxId, binding }: PortNode,
  url: PlainText,
): Promise<boolean> {
  const name = registry.get(sandboxId)?.name ?? l10n.t('(no name)');
  const answer = await ask(
    l10n.t('Open {0} in the browser?', url),
    l10n.t(
      'The address was named by the guest {0}. It is none of the addresses of this machine, so another machine may answer there.',
      name,
    ),
    // What Enter does is harmless.
    { copy: l10n.t('Copy Address'), open: l10n.t('Open Anyway') },
  );
  if (answer === 'copy') await copyText(reachableAddress(binding));
  return answer === 'open';
}

/** http or https: guessed from the port's number, else asked once for every port of a sandbox. */
async function schemeOf({ memory }: CommandContext, port: PortNode): Promise<Scheme | undefined> {
  const { containerPort } = port.binding;
  const key = `scheme/${port.sandboxId}/${containerPort}`;
  const known = guessScheme(port.binding) ?? memory.get<unknown>(key);
  if (known === 'http' || known === 'https') return known;
  const choice = await pick<Scheme>(l10n.t('What does port {0} speak?', plain`${containerPort}`), [
    { label: plain`http`, value: 'http' },
    { label: plain`https`, value: 'https' },
  ]);
  if (choice !== undefined) await memory.update(key, choice);
  return choice;
}

/**
 * The address as it is reached from where the user sits, which in a remote window may be a forwarded port: `host:port`,
 * or a URL where the way leads through a path.
 */
async function externalAddress(port: PortNode): Promise<string> {
  const uri = vscode.Uri.parse(urlOf(guessScheme(port.binding) ?? 'http', port), true);
  const { authority, path, query } = await vscode.env.asExternalUri(uri);
  return path.length > 1 || query !== '' ? uri.with({ authority, path, query }).toString(true) : authority;
}
