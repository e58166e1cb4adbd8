import * as vscode from 'vscode';
import * as l10n from '../base/l10n.ts';
import { inert } from '../views/plain-text.ts';
import type { CommandContext, CommandFamily } from './context.ts';
import { guessScheme, reachableAddress } from './port-address.ts';
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
        void vscode.window.showInformationMessage(
          l10n.t('A browser cannot open a port of {0}.', inert(port.binding.protocol)),
        );
        return;
      }
      const scheme = await schemeOf(context, port);
      if (scheme === undefined) return;
      const address = vscode.Uri.parse(`${scheme}://${reachableAddress(port.binding)}/`, true);
      await vscode.env.openExternal(address);
    },
    'sandlight.copyPortAddress': async (target) => {
      const port = await portTarget(context, target);
      if (port === undefined) return;
      const address = isTcp(port) ? await externalAddress(port) : reachableAddress(port.binding);
      await vscode.env.clipboard.writeText(address);
      vscode.window.setStatusBarMessage(inert(l10n.t('Copied {0}', address)), 3000);
    },
  };
}

/** http or https: guessed from the port's number, else asked once for every port of a sandbox. */
async function schemeOf({ memory }: CommandContext, port: PortNode): Promise<string | undefined> {
  const key = `scheme/${port.sandboxId}/${port.binding.containerPort}`;
  const known = guessScheme(port.binding) ?? memory.get<string>(key);
  if (known !== undefined) return known;
  const choice = await vscode.window.showQuickPick(['http', 'https'], {
    placeHolder: l10n.t('What does port {0} speak?', String(port.binding.containerPort)),
  });
  if (choice !== undefined) await memory.update(key, choice);
  return choice;
}

/**
 * The address as it is reached from where the user sits, which in a remote window may be a forwarded port: `host:port`,
 * or a URL where the way leads through a path.
 */
async function externalAddress({ binding }: PortNode): Promise<string> {
  const scheme = guessScheme(binding) ?? 'http';
  const uri = vscode.Uri.parse(`${scheme}://${reachableAddress(binding)}/`, true);
  const { authority, path, query } = await vscode.env.asExternalUri(uri);
  return path.length > 1 || query !== '' ? uri.with({ authority, path, query }).toString(true) : authority;
}
