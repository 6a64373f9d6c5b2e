import { describe, expect, it } from 'vitest';
import { ScalarIndex, segments } from './highlight';

describe('ScalarIndex', () => {
  it('equals the UTF-16 offset in a text without wide characters', () => {
    const index = new ScalarIndex('Zürich, Łódź');
    expect(index.length).toBe(12);
    expect(index.slice(8, 12)).toBe('Łódź');
  });

  it('counts a wide character once', () => {
    const text = '🚀 Rust 𝒞++ 👩‍💻 Python';
    const index = new ScalarIndex(text);
    const scalars = [...text];
    expect(index.length).toBe(scalars.length);
    for (let i = 0; i <= scalars.length; i += 1) {
      expect(index.slice(0, i)).toBe(scalars.slice(0, i).join(''));
    }
  });

  it('clamps offsets outside of the text', () => {
    const index = new ScalarIndex('a🚀b');
    expect(index.slice(-5, 99)).toBe('a🚀b');
    expect(index.unit(99)).toBe(4);
  });

  it('survives an empty text', () => {
    expect(new ScalarIndex('').slice(0, 5)).toBe('');
  });
});

describe('segments', () => {
  const index = new ScalarIndex('👋 Led Python and Kubernetes teams');

  it('gives the text back when joined, whatever the spans', () => {
    const spans = [
      { start: 2, end: 12 },
      { start: 6, end: 17 },
      { start: 6, end: 12 },
      { start: 30, end: 400 },
      { start: 9, end: 9 },
      { start: 12, end: 3 },
    ];
    expect(
      segments(index, spans)
        .map((segment) => segment.text)
        .join(''),
    ).toBe(index.text);
  });

  it('marks exactly the words of a span behind a wide character', () => {
    const marked = segments(index, [{ start: 6, end: 12 }]).filter((segment) => segment.spans.length > 0);
    expect(marked).toEqual([{ text: 'Python', spans: [0] }]);
  });

  it('names every span that covers an overlap', () => {
    const parts = segments(index, [
      { start: 2, end: 12 },
      { start: 6, end: 27 },
    ]);
    expect(parts.map((part) => [part.text, part.spans])).toEqual([
      ['👋 ', []],
      ['Led ', [0]],
      ['Python', [0, 1]],
      [' and Kubernetes', [1]],
      [' teams', []],
    ]);
  });

  it('cuts a part of the text', () => {
    const parts = segments(index, [{ start: 0, end: 12 }], 6, 16);
    expect(parts).toEqual([
      { text: 'Python', spans: [0] },
      { text: ' and', spans: [] },
    ]);
  });
});
