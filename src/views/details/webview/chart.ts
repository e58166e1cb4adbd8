import uPlot from 'uplot';
import type { ChartData, DetailsData, Word } from '../details-data.ts';
import { element, setText, table } from './dom.ts';
import { tickText, timeText } from './times.ts';

const heightPx = 140;

/** One chart: title, the chart in words, the line, and all of its values as a table on demand. */
export class Chart {
  readonly root: HTMLElement;
  readonly #title = element('h3');
  readonly #summary = element('p', { class: 'summary' });
  /** What the pointer points at. */
  readonly #pointed = element('span', { class: 'pointed', 'aria-hidden': 'true' });
  readonly #canvas = element('div', { class: 'plot', role: 'img' });
  readonly #values = element('details', { class: 'values' });
  /** Stays when its table is made anew, and keeps focus and place. */
  readonly #scroll = element('div', { class: 'scroll', tabindex: '0', role: 'region' });
  readonly #resize: ResizeObserver;
  #data: ChartData;
  #fromMs = 0;
  #toMs = 0;
  #plot: uPlot | undefined;

  constructor(data: ChartData, words: Readonly<Record<Word, string>>) {
    this.#data = data;
    this.root = element(
      'section',
      { class: 'chart', 'data-chart': data.id },
      element('div', { class: 'heading' }, this.#title, this.#pointed),
      this.#summary,
      this.#canvas,
      this.#values,
    );
    const what = element('span', { class: 'unseen' }, `: ${data.title}`);
    this.#values.append(element('summary', {}, words.showValues, what), this.#scroll);
    this.#scroll.setAttribute('aria-label', data.title);
    this.#values.addEventListener('toggle', () => {
      this.#fillTable(words);
    });
    this.#resize = new ResizeObserver(() => {
      this.#plot?.setSize(this.#size());
    });
    this.#resize.observe(this.#canvas);
  }

  update(data: ChartData, { fromMs, toMs, words }: DetailsData): void {
    this.#data = data;
    this.#fromMs = fromMs;
    this.#toMs = toMs;
    setText(this.#title, data.title);
    setText(this.#summary, data.summary);
    this.#canvas.setAttribute('aria-label', `${data.title}: ${data.summary}`);
    this.#fillTable(words);
    const isEmpty = data.points.length === 0;
    this.#canvas.hidden = isEmpty;
    this.#values.hidden = isEmpty;
    if (this.#plot === undefined) this.draw();
    else this.#plot.setData(this.#columns());
  }

  /** Draws anew, in the colours of the theme as it is; without a value there is no scale to draw. */
  draw(): void {
    this.#plot?.destroy();
    this.#plot = undefined;
    if (this.#data.points.length === 0) return;
    this.#plot = new uPlot(this.#options(), this.#columns(), this.#canvas);
  }

  dispose(): void {
    this.#resize.disconnect();
    this.#plot?.destroy();
  }

  #columns(): uPlot.AlignedData {
    const { points } = this.#data;
    return [points.map(({ atMs }) => atMs), points.map(({ value }) => value)];
  }

  #size(): { width: number; height: number } {
    return { width: Math.max(this.#canvas.clientWidth, 100), height: heightPx };
  }

  #text(value: number): string {
    return this.#data.unit.replace('{0}', value.toFixed(this.#data.fractionDigits));
  }

  #options(): uPlot.Options {
    const colors = themeColors();
    const axis = {
      stroke: colors.text,
      font: colors.font,
      grid: { stroke: colors.grid, width: 1, dash: [2, 4] },
      ticks: { show: false },
    };
    return {
      ...this.#size(),
      ms: 1,
      // Room for half of a label under the last tick.
      padding: [null, 32, null, null],
      legend: { show: false },
      cursor: { y: false, drag: { x: false, y: false } },
      scales: {
        x: { time: true, range: () => [this.#fromMs, this.#toMs] },
        y: { range: () => [0, this.#data.top] },
      },
      axes: [
        {
          ...axis,
          grid: { show: false },
          size: 28,
          space: 80,
          values: (_, ticks, __, ___, step) => ticks.map((tick) => tickText(tick, step)),
        },
        { ...axis, size: 60, space: 36, values: (_, ticks) => ticks.map((tick) => this.#tick(tick, ticks)) },
      ],
      series: [
        {},
        {
          stroke: colors.line,
          width: 2,
          fill: colors.fill,
          points: { size: 5, stroke: colors.line, fill: colors.line },
        },
      ],
      hooks: {
        setCursor: [
          ({ cursor: { idx } }) => {
            const { atMs, value = null } = this.#data.points[idx ?? -1] ?? { atMs: 0 };
            const text = value === null ? '' : `${timeText(atMs, this.#toMs)} · ${this.#text(value)}`;
            setText(this.#pointed, text);
          },
        ],
      },
    };
  }

  /** A tick of the scale of values, with no more digits than tell it from the others. */
  #tick(tick: number, ticks: readonly number[]): string {
    const digits = ticks.every(Number.isInteger) ? 0 : this.#data.fractionDigits;
    return this.#data.unit.replace('{0}', tick.toFixed(digits));
  }

  #fillTable(words: Readonly<Record<Word, string>>): void {
    if (!this.#values.open) {
      this.#scroll.replaceChildren();
      return;
    }
    const rows = this.#data.points.flatMap(({ atMs, value }) =>
      value === null ? [] : [[timeText(atMs, this.#toMs), this.#text(value)]],
    );
    this.#scroll.replaceChildren(table(this.#data.title, [words.time, words.value], rows.reverse()));
  }
}

/** The theme's colours as a canvas takes them. */
function themeColors(): Record<'text' | 'grid' | 'line' | 'fill' | 'font', string> {
  const style = getComputedStyle(document.body);
  const color = (...names: readonly string[]): string =>
    names.map((name) => style.getPropertyValue(name).trim()).find((value) => value !== '') ?? style.color;
  const line = color('--vscode-charts-blue', '--vscode-focusBorder');
  return {
    text: color('--vscode-descriptionForeground', '--vscode-foreground'),
    grid: color('--vscode-contrastBorder', '--vscode-panel-border', '--vscode-widget-border'),
    line,
    fill: document.body.classList.contains('vscode-high-contrast') ? 'transparent' : `${line}22`,
    font: `11px ${style.fontFamily}`,
  };
}
