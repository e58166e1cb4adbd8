import * as l10n from '../../base/l10n.ts';
import { joined, plain, type PlainText } from '../../base/text.ts';
import { formatEndpoint, type Endpoint } from '../../agent/endpoint.ts';
import { connectionError } from '../../sandboxes/model/connection.ts';
import { mayAnswer, type SandboxSnapshot } from '../../sandboxes/model/snapshot.ts';
import { sandboxAppearance } from '../appearance.ts';
import { attentionOf } from '../attention.ts';
import { agentText, factLines } from '../facts.ts';
import { failureText } from '../reasons.ts';

/**
 * All that is known of a sandbox, line by line, made when somebody points at its row: state, kind, facts, and last from
 * where it is seen (`place`) and its endpoint.
 */
export function sandboxTooltip(snapshot: SandboxSnapshot, place: PlainText, nowMs = Date.now()): PlainText {
  const { name, endpoint, discovered } = snapshot;
  const { reason } = attentionOf(snapshot);
  const state = joined([sandboxAppearance(snapshot).word, ...(reason === '' ? [] : [reason])], ' · ');
  const error = mayAnswer(snapshot) ? connectionError(snapshot.connection) : null;
  return joined(
    [
      joined([name, state], ': '),
      ...(error === null ? [] : [failureText(error, endpoint)]),
      ...(discovered?.note === undefined ? [] : [discovered.note]),
      kindText(snapshot),
      ...factLines(snapshot, nowMs),
      l10n.t('Seen from {0}', place),
      formatEndpoint(endpoint),
    ],
    '\n',
  );
}

/** What kind of sandbox it is, and the version of what answers there. */
function kindText({ source, endpoint, agent }: SandboxSnapshot): PlainText {
  const kind = source === 'local' ? l10n.t("Sandlight's own agent") : familyText(endpoint);
  const version = agent === null ? joined([], '') : agentText(agent, endpoint.protocol);
  return version === '' ? kind : joined([kind, version], ' ');
}

function familyText({ protocol }: Endpoint): PlainText {
  switch (protocol) {
    case 'microsandbox':
    case 'microsandbox-direct':
      return plain`microsandbox`;
    case 'arcbox-daemon':
      return l10n.t('Machine of an ArcBox daemon');
    case 'arcbox':
    case 'arcbox-ttrpc':
    case 'arcbox-grpc':
      return l10n.t('ArcBox agent');
  }
}
