const time = new Intl.DateTimeFormat(document.documentElement.lang, { timeStyle: 'medium' });
const dateAndTime = new Intl.DateTimeFormat(document.documentElement.lang, {
  dateStyle: 'medium',
  timeStyle: 'medium',
});

/** A moment in the reader's language and time zone; with its date when that is not the date of `nowMs`. */
export function timeText(atMs: number, nowMs: number): string {
  const isToday = new Date(atMs).toDateString() === new Date(nowMs).toDateString();
  return (isToday ? time : dateAndTime).format(atMs);
}

const clock = new Intl.DateTimeFormat(document.documentElement.lang, { hour: '2-digit', minute: '2-digit' });

/** Hours and minutes, for the axis of a chart; seconds where ticks are closer than a minute. */
export function tickText(atMs: number, stepMs: number): string {
  return (stepMs < 60_000 ? time : clock).format(atMs);
}
