// The opened document of a person: which version, its text, what is marked in it, and where one looks.

import * as api from '$lib/api/client';
import { asApiError, type ApiError } from '$lib/api/problem';
import type { Candidate, Reason, ResumeSpan, ResumeText } from '$lib/api/types';

export interface Mark extends ResumeSpan {
  /** Evidence of the search, or the one thing the person asked to see. */
  kind: 'evidence' | 'shown';
}

export class Reader {
  resume = $state<string | null>(null);
  text = $state.raw<ResumeText | null>(null);
  error = $state.raw<ApiError | null>(null);
  tab = $state<'text' | 'original'>('text');
  /** The span one looks at, and a number that grows with each request to see it (again). */
  shown = $state.raw<ResumeSpan | null>(null);
  asked = $state(0);

  #candidate = '';
  #evidence = $state.raw<ResumeSpan[]>([]);

  /** What is marked in the opened version, in reading order. */
  get marks(): Mark[] {
    const here = (span: ResumeSpan) => span.resume_id === this.resume;
    const evidence = this.#evidence.filter(here).map((span): Mark => ({ ...span, kind: 'evidence' }));
    const shown = this.shown && here(this.shown) ? [{ ...this.shown, kind: 'shown' } satisfies Mark] : [];
    return [...evidence, ...shown];
  }

  reset(): void {
    this.resume = null;
    this.text = null;
    this.error = null;
    this.shown = null;
    this.#evidence = [];
  }

  /** Opens the version the evidence is in, or the current one; stays where it is when it is open already. */
  open(candidate: Candidate): void {
    this.#candidate = candidate.id;
    const ids = candidate.resumes.map((resume) => resume.id);
    if (this.resume && ids.includes(this.resume)) return;
    const proven = this.#evidence.find((span) => ids.includes(span.resume_id))?.resume_id;
    const current = candidate.resumes.find((resume) => resume.current) ?? candidate.resumes[0];
    const first = proven ?? current?.id;
    if (first) void this.load(first);
  }

  setEvidence(reasons: Reason[]): void {
    const spans = reasons.flatMap((reason) => reason.evidence);
    const unique = new Map(
      spans.map(({ resume_id, start, end }) => [`${resume_id}:${start}:${end}`, { resume_id, start, end }]),
    );
    this.#evidence = [...unique.values()].sort((a, b) => a.start - b.start);
    const there = this.#evidence.some((span) => span.resume_id === this.resume);
    const proven = this.#evidence[0]?.resume_id;
    if (this.resume && proven && !there) void this.load(proven);
  }

  async load(resume: string): Promise<void> {
    if (this.resume === resume && this.text) return;
    this.resume = resume;
    this.text = null;
    this.error = null;
    try {
      const text = await api.resumeText(this.#candidate, resume);
      if (this.resume === resume) this.text = text;
    } catch (failure) {
      if (this.resume === resume) this.error = asApiError(failure);
    }
  }

  /** Opens the text where a span stands and looks there. */
  async show(span: ResumeSpan): Promise<void> {
    this.tab = 'text';
    await this.load(span.resume_id);
    this.shown = span;
    this.asked += 1;
  }

  /** Looks at the next or previous evidence, around the ends. */
  step(by: 1 | -1): void {
    const spans = this.marks.filter((mark) => mark.kind === 'evidence');
    if (spans.length === 0) return;
    const at = spans.findIndex((span) => span.start === this.shown?.start && span.end === this.shown.end);
    const next = at < 0 ? (by > 0 ? 0 : spans.length - 1) : (at + by + spans.length) % spans.length;
    const span = spans[next];
    if (span) void this.show({ resume_id: span.resume_id, start: span.start, end: span.end });
  }
}
