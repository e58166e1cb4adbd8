import { homedir } from 'node:os';
import { isAbsolute } from 'node:path';
import * as l10n from '../../base/l10n.ts';
import type { PlainText } from '../../base/text.ts';
import { formatEndpoint, parseEndpoint } from '../../agent/endpoint.ts';
import { repairsOf } from '../../agent/endpoint-repairs.ts';
import { messageOf } from '../../agent/errors.ts';
import { expanded, socketTransport, wordsOf } from './words.ts';

/*
 * Why an answer will not do, as one types it. Each returns a sentence, or `undefined` for an answer that will.
 */

/** An endpoint as it is shown to say what one looks like. */
export const exampleEndpoint = 'arcbox+unix:///run/agent.sock';

/** What {@link endpointProblem} lets pass because it can be repaired. */
export function repairsFor(text: string): readonly PlainText[] {
  return repairsOf(text, homedir());
}

/** Of a text that is no endpoint, and of which nothing else can be made. */
export function endpointProblem(text: string): PlainText | undefined {
  return repairsFor(text).length > 0 ? undefined : parseProblem(text);
}

/** Of a text that is no endpoint, but something like one. */
export function endpointWarning(text: string): PlainText | undefined {
  const [repair, ...more] = repairsFor(text);
  if (repair === undefined) return undefined;
  return more.length === 0
    ? l10n.t('This is not an endpoint. Enter offers {0}', repair)
    : l10n.t('This is not an endpoint. Enter offers {0} and {1} more', repair, more.length);
}

function parseProblem(text: string): PlainText | undefined {
  if (text.trim() === '') return l10n.t('Write an endpoint, as in {0}.', exampleEndpoint);
  try {
    parseEndpoint(text);
    return undefined;
  } catch (error) {
    return messageOf(error);
  }
}

export function socketProblem(path: string): PlainText | undefined {
  const isPath = /^\/./.test(expanded(path.trim())) || /^\\\\\.\\pipe\\[^\\/]+$/.test(path.trim());
  if (!isPath) return l10n.t('Write an absolute path, as in {0}.', '/run/agent.sock');
  return parseProblem(formatEndpoint({ protocol: 'arcbox', transport: socketTransport(path) }));
}

export function hostProblem(host: string): PlainText | undefined {
  // What begins with a dash would be an option of ssh.
  return /^[^\s-]\S*$/.test(host)
    ? undefined
    : l10n.t('Write a host as {0} knows it, as in {1}.', 'ssh', 'user@host');
}

export function containerProblem(container: string): PlainText | undefined {
  return /^[a-z0-9][\w.-]*$/i.test(container)
    ? undefined
    : l10n.t('Write the name or the id of a container, as in {0}.', 'shop-web-1');
}

export function podProblem(pod: string): PlainText | undefined {
  return /^[a-z0-9][\w.-]*(\/[a-z0-9][\w.-]*)?$/i.test(pod)
    ? undefined
    : l10n.t('Write a pod or what owns it, as in {0} or {1}.', 'web-0', 'deploy/web');
}

export function namespaceProblem(namespace: string): PlainText | undefined {
  return namespace === '' || /^[a-z0-9][a-z0-9-]*$/.test(namespace)
    ? undefined
    : l10n.t('A namespace has small letters, digits and dashes.');
}

export function commandProblem(command: string): PlainText | undefined {
  return wordsOf(command).length > 0
    ? undefined
    : l10n.t('Write a command, as in {0}.', 'sandlight agent --stdio');
}

export function addressProblem(address: string): PlainText | undefined {
  return address.trim() === ''
    ? l10n.t('Write a host and its port, as in {0}.', 'build.example:7443')
    : parseProblem(`arcbox+tls://${address}`);
}

export function fileProblem(path: string): PlainText | undefined {
  return isAbsolute(expanded(path)) ? undefined : l10n.t('Write the absolute path of a PEM file.');
}
