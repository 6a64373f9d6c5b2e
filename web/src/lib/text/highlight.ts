// Offsets in the API count Unicode scalar values; JavaScript strings count UTF-16 units. A text with one
// emoji would otherwise show every later quotation one character off.

export interface Span {
  start: number;
  end: number;
}

/** A stretch of text and the indexes of the spans that cover it, in the order they were given. */
export interface Segment {
  text: string;
  spans: number[];
}

/** Translates scalar offsets of one text to UTF-16 offsets, clamped to the text. */
export class ScalarIndex {
  /** Scalar offset of each character that takes two units; empty for most texts. */
  readonly #wide: number[] = [];
  readonly length: number;

  constructor(readonly text: string) {
    let scalar = 0;
    for (let unit = 0; unit < text.length; unit += 1, scalar += 1) {
      if ((text.codePointAt(unit) ?? 0) > 0xffff) {
        this.#wide.push(scalar);
        unit += 1;
      }
    }
    this.length = scalar;
  }

  /** The UTF-16 offset of a scalar offset. */
  unit(scalar: number): number {
    const clamped = Math.min(Math.max(scalar, 0), this.length);
    let low = 0;
    let high = this.#wide.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((this.#wide[middle] ?? 0) < clamped) low = middle + 1;
      else high = middle;
    }
    return clamped + low;
  }

  slice(start: number, end: number): string {
    return this.text.slice(this.unit(start), this.unit(end));
  }
}

/**
 * Cuts `from..to` of the text at every border of a span, so that overlapping spans can be shown.
 * Spans that are empty or outside are ignored; joining the segments gives the text back.
 */
export function segments(index: ScalarIndex, spans: Span[], from = 0, to = index.length): Segment[] {
  const inside = spans.map((span) => ({
    start: Math.max(span.start, from),
    end: Math.min(span.end, to),
  }));
  const borders = new Set([from, to]);
  for (const span of inside) {
    if (span.start >= span.end) continue;
    borders.add(span.start);
    borders.add(span.end);
  }
  const cuts = [...borders].sort((a, b) => a - b);
  const result: Segment[] = [];
  for (let i = 0; i + 1 < cuts.length; i += 1) {
    const start = cuts[i] ?? 0;
    const end = cuts[i + 1] ?? 0;
    const covering = inside.flatMap((span, n) => (span.start <= start && end <= span.end ? [n] : []));
    result.push({ text: index.slice(start, end), spans: covering });
  }
  return result;
}
