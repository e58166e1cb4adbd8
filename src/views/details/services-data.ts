import * as l10n from '../../base/l10n.ts';
import { plain } from '../../base/text.ts';
import type { SandboxSnapshot } from '../../sandboxes/model/snapshot.ts';
import { serviceAppearance } from '../appearance.ts';
import type { SectionData, ServiceData } from './details-data.ts';
import { serviceLook } from './looks.ts';

/** The services of the sandbox's runtime, in the order its agent tells them. */
export function services({ runtime, isStale }: SandboxSnapshot): SectionData<ServiceData> {
  const items = (runtime?.value.services ?? []).map(({ name, status, detail }) => ({
    name: name === '' ? l10n.t('(no name)') : name,
    state: { look: serviceLook(status), word: serviceAppearance(status).word },
    detail,
  }));
  return { remark: isStale && items.length > 0 ? l10n.t('earlier data') : plain``, items };
}
