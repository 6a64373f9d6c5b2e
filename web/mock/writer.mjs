// Writes a text and remembers where things stand, in Unicode scalar values as the API counts them.

export const scalars = (text) => [...text].length;

export class Writer {
  value = '';
  at = 0;

  constructor(resume) {
    this.resume = resume;
  }

  text(text) {
    this.value += text;
    this.at += scalars(text);
  }

  line(text) {
    this.text(`${text}\n`);
  }

  /** Writes a text and answers where it stands. */
  mark(text) {
    const start = this.at;
    this.text(text);
    return { resume_id: this.resume, start, end: this.at };
  }

  span(start) {
    return { resume_id: this.resume, start, end: this.at };
  }

  since(start) {
    return [...this.value].slice(start).join('');
  }
}
