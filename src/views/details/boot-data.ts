import * as l10n from '../../base/l10n.ts';
import type { PlainText } from '../../base/text.ts';
import type { SandboxSnapshot } from '../../sandboxes/model/snapshot.ts';
import { fixedText } from '../quantities.ts';
import type { BootData } from './details-data.ts';

/** The stages of a guest's boot; a stage that would end before it begins counts as nothing. */
export function bootData(boot: NonNullable<SandboxSnapshot['boot']>): BootData {
  const { bootTimeNanos, initTimeNanos, readyTimeNanos } = boot;
  const stage = (label: PlainText, nanos: bigint): BootData['stages'][number] => {
    const durationMs = Math.max(Number(nanos) / 1e6, 0);
    return { label, durationMs, text: l10n.t('{0} ms', fixedText(durationMs, 0)) };
  };
  const stages = [
    stage(l10n.t('Kernel'), bootTimeNanos),
    stage(l10n.t('Initialisation'), initTimeNanos),
    stage(l10n.t('Agent ready'), readyTimeNanos - bootTimeNanos - initTimeNanos),
  ];
  return {
    summary: l10n.t('Ready {0} ms after power-on', fixedText(Number(readyTimeNanos) / 1e6, 0)),
    stages,
  };
}
