// The heading of a section is its first line, where that is short; the document's own words are not changed.

import type { ScalarIndex } from '$lib/text/highlight';

/** Longer first lines are sentences, not headings. */
const LONGEST = 48;

export interface Heading {
  kind: 'heading';
  start: number;
  end: number;
}

export function headingOf(
  index: ScalarIndex,
  section: { kind: string; start: number; end: number },
): Heading[] {
  if (section.kind === 'header') return [];
  const line = [...index.slice(section.start, Math.min(section.end, section.start + LONGEST + 1))];
  const length = line.indexOf('\n');
  const end = section.start + length;
  return length > 0 && end < section.end ? [{ kind: 'heading', start: section.start, end }] : [];
}
