// The words of the interface in the reader's language. German comes by adding `de.ts` of the same shape here.

import { en, type Messages } from './en';

export const languages: Record<string, Messages> = { en };

const wanted = typeof navigator === 'undefined' ? 'en' : (navigator.language.split('-')[0] ?? 'en');

/** The language of the words; numbers and dates follow the reader's own region of it. */
export const locale: string =
  wanted in languages && typeof navigator !== 'undefined' ? navigator.language : 'en-GB';

export const t: Messages = languages[wanted] ?? en;
