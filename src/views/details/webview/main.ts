import { isDetailsData } from '../details-check.ts';
import type { DetailsData } from '../details-data.ts';
import type { PageMessage, PanelState } from '../details-messages.ts';
import { Actions } from './actions.ts';
import { bootParts } from './boot.ts';
import { Chart } from './chart.ts';
import { element, setText } from './dom.ts';
import { containersParts, servicesParts } from './lists.ts';
import { stateLabel, timelineParts } from './timeline.ts';

/** The part of VS Code's webview that the panel uses. */
interface VsCodeApi {
  postMessage(message: PageMessage): void;
  setState(state: PanelState): void;
}
declare function acquireVsCodeApi(): VsCodeApi;

const vscode = acquireVsCodeApi();
const name = element('h1');
const state = element('p', { class: 'readiness', role: 'status' });
const reason = element('p', { class: 'reason' });
const actions = new Actions((action) => {
  vscode.postMessage({ kind: 'action', action });
});
const notice = element('p', { class: 'notice' });
const services = element('section', { class: 'services' });
const containers = element('section', { class: 'containers' });
const facts = element('section', { class: 'facts' });
const charts = element('section', { class: 'charts' });
const timeline = element('section', { class: 'timeline' });
const boot = element('section', { class: 'boot' });
document
  .querySelector('main')
  ?.append(
    element('header', {}, name, state, reason),
    ...[actions.root, notice, services, containers, charts, timeline, boot, facts],
  );

/** The latest value each part was built from; a part whose value is the same is left alone. */
const built = new Map<Element, string>();
const drawn = new Map<string, Chart>();

window.addEventListener('message', ({ data }: MessageEvent<unknown>) => {
  if (isDetailsData(data)) show(data);
});

// VS Code names the theme on the body: charts are drawn again in its colours.
new MutationObserver(() => {
  for (const chart of drawn.values()) chart.draw();
}).observe(document.body, { attributes: true, attributeFilter: ['class', 'data-vscode-theme-id'] });

vscode.postMessage({ kind: 'ready' });

function show(data: DetailsData): void {
  vscode.setState({ sandboxId: data.sandboxId, name: data.name });
  setText(name, data.name);
  setText(notice, data.notice);
  fill(state, data.state, () => [stateLabel(data.state)]);
  setText(reason, data.reason);
  actions.update(data);
  fill(services, data.services, () => servicesParts(data));
  fill(containers, data.containers, () => containersParts(data));
  showCharts(data);
  fill(timeline, [data.timeline, data.fromMs, data.toMs], () => timelineParts(data));
  fill(boot, data.boot, () => bootParts(data));
  fill(facts, data.facts, () => factsParts(data));
}

function fill(target: Element, value: unknown, parts: () => readonly Node[]): void {
  const text = JSON.stringify(value);
  if (built.get(target) === text) return;
  built.set(target, text);
  target.replaceChildren(...parts());
}

function showCharts(data: DetailsData): void {
  fill(
    charts,
    data.charts.map(({ id }) => id),
    () => {
      for (const chart of drawn.values()) chart.dispose();
      drawn.clear();
      for (const chart of data.charts) drawn.set(chart.id, new Chart(chart, data.words));
      const heading = element('h2', { class: 'unseen' }, data.words.charts);
      return data.charts.length === 0 ? [] : [heading, ...[...drawn.values()].map(({ root }) => root)];
    },
  );
  for (const chart of data.charts) drawn.get(chart.id)?.update(chart, data);
}

function factsParts({ facts, words }: DetailsData): readonly Node[] {
  if (facts.length === 0) return [];
  const items = facts.map(({ label, value }) =>
    element('div', {}, element('dt', {}, label), element('dd', {}, value)),
  );
  return [element('h2', {}, words.facts), element('dl', {}, ...items)];
}
