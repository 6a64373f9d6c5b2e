// Numbers, times and sizes in words. Built on Intl, in the language of the interface.

import { locale, t } from '$lib/i18n';

const integers = new Intl.NumberFormat(locale);
const oneDecimal = new Intl.NumberFormat(locale, { maximumFractionDigits: 1 });
const percents = new Intl.NumberFormat(locale, { style: 'percent', maximumFractionDigits: 0 });
const dayFormat = new Intl.DateTimeFormat(locale, { dateStyle: 'medium' });
const shortDayFormat = new Intl.DateTimeFormat(locale, { day: 'numeric', month: 'short', timeZone: 'UTC' });
const timeFormat = new Intl.DateTimeFormat(locale, { dateStyle: 'medium', timeStyle: 'short' });
const monthFormat = new Intl.DateTimeFormat(locale, { month: 'short', year: 'numeric', timeZone: 'UTC' });
const dollars = new Intl.NumberFormat(locale, { style: 'currency', currency: 'USD' });
const smallDollars = new Intl.NumberFormat(locale, {
  style: 'currency',
  currency: 'USD',
  maximumSignificantDigits: 2,
  maximumFractionDigits: 6,
});
const relative = new Intl.RelativeTimeFormat(locale, { numeric: 'auto' });

export const count = (value: number): string => integers.format(value);

export const day = (iso: string): string => dayFormat.format(new Date(iso));

/** "2026-11-04" as "4 Nov", the day that the server means. */
export const shortDay = (iso: string): string => shortDayFormat.format(new Date(iso));

export const moment = (iso: string): string => timeFormat.format(new Date(iso));

/** "3 hours ago"; `now` in milliseconds. */
export function ago(iso: string, now: number): string {
  const minutes = (Date.parse(iso) - now) / 60_000;
  const steps: [Intl.RelativeTimeFormatUnit, number][] = [
    ['minute', 60],
    ['hour', 60 * 24],
    ['day', 60 * 24 * 30],
    ['month', 60 * 24 * 365],
  ];
  const divisors = { minute: 1, hour: 60, day: 60 * 24, month: 60 * 24 * 30 } as Record<string, number>;
  for (const [unit, limit] of steps) {
    if (Math.abs(minutes) < limit) return relative.format(Math.round(minutes / (divisors[unit] ?? 1)), unit);
  }
  return relative.format(Math.round(minutes / (60 * 24 * 365)), 'year');
}

/** Bytes in words: "240 kB". */
export function size(bytes: number): string {
  if (bytes < 1000) return `${integers.format(bytes)} B`;
  if (bytes < 1_000_000) return `${integers.format(Math.round(bytes / 1000))} kB`;
  return `${oneDecimal.format(bytes / 1_000_000)} MB`;
}

/** Micro-dollars as dollars and cents; what is smaller than a cent with its first two digits. */
export const money = (micros: number): string =>
  micros !== 0 && Math.abs(micros) < 10_000
    ? smallDollars.format(micros / 1e6)
    : dollars.format(micros / 1e6);

/** A share as a percentage: "83 %". */
export const percent = (share: number): string => percents.format(share);

export const years = (value: number): string => t.units.years(oneDecimal.format(value), value);

/** "2019-03" as "Mar 2019", "2019" as itself; anything else as it came. */
export function month(value: string): string {
  const parts = /^(\d{4})-(\d{2})$/.exec(value);
  return parts ? monthFormat.format(Date.UTC(Number(parts[1]), Number(parts[2]) - 1)) : value;
}

/** "Mar 2019 – today". */
export function period(start?: string | null, end?: string | null, current = false): string {
  const from = start ? month(start) : '';
  const to = end ? month(end) : current ? t.units.today : '';
  return from && to ? `${from} – ${to}` : from || to;
}

export const milliseconds = (value: number): string =>
  value < 1000 ? `${integers.format(Math.round(value))} ms` : `${oneDecimal.format(value / 1000)} s`;

/** The seconds of a wait in words: "in 40 seconds", "in 3 minutes". */
export const wait = (seconds: number): string =>
  seconds < 90 ? relative.format(seconds, 'second') : relative.format(Math.ceil(seconds / 60), 'minute');

const languageNames = new Intl.DisplayNames(locale, { type: 'language' });

/** "de" as "German"; a code nobody knows as itself. */
export function language(code: string): string {
  try {
    return languageNames.of(code) ?? code;
  } catch {
    return code;
  }
}
