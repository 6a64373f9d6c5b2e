// Uploads that move through their states in the open. Plain text is really read, so that an uploaded person
// can be found; anything else becomes an invented person.

import { createHash } from 'node:crypto';
import { SKILLS, PLACES, LANGUAGES, wholeWord } from './lexicon.mjs';
import { person, uuid } from './people.mjs';
import { scalars } from './writer.mjs';

const STEPS = ['extracting', 'parsing', 'embedding', 'indexed'];

const FAILURES = [
  [
    (bytes) => bytes.length === 0,
    'empty_file',
    'The file is empty.',
    'Export it again from where it came from.',
  ],
  [
    (bytes) => bytes.includes('/Encrypt'),
    'encrypted',
    'The PDF is protected with a password.',
    'Open it, save a copy without the password, and upload that.',
  ],
  [
    (_, name) => /broken|truncated/i.test(name),
    'truncated',
    'The PDF ends in the middle.',
    'It was probably cut off while it was sent. Ask for it again.',
  ],
  [
    (_, name) => /\.(exe|bin|mp4)$/i.test(name),
    'unsupported',
    'This is no kind of document that can be read.',
    'Upload it as PDF, Word, OpenDocument, RTF, HTML or text.',
  ],
];

const failureOf = (bytes, name) => {
  const row = FAILURES.find(([test]) => test(bytes, name));
  return row ? { code: row[1], detail: row[2], hint: row[3] } : null;
};

/** The parts of a multipart body that are files. */
export function filesOf(body, contentType) {
  const boundary = /boundary=(?:"([^"]+)"|([^;]+))/.exec(contentType ?? '');
  if (!boundary) return [];
  const text = body.toString('latin1');
  return text
    .split(`--${boundary[1] ?? boundary[2]}`)
    .slice(1, -1)
    .map((part) => {
      const split = part.indexOf('\r\n\r\n');
      const name = /filename="((?:[^"\\]|\\.)*)"/.exec(part.slice(0, split))?.[1];
      const content = part.slice(split + 4, part.endsWith('\r\n') ? -2 : undefined);
      return name === undefined
        ? null
        : { name: Buffer.from(name, 'latin1').toString('utf8'), bytes: Buffer.from(content, 'latin1') };
    })
    .filter((file) => file !== null);
}

function read(text, n, name) {
  const base = person(900 + n);
  const lines = text
    .split(/\r?\n/)
    .map((line) => line.trim())
    .filter(Boolean);
  const resume = base.candidate.resumes[0].id;
  const find = (word) => {
    const match = wholeWord(word).exec(text);
    if (!match) return null;
    const start = scalars(text.slice(0, match.index));
    return { resume_id: resume, start, end: start + scalars(match[0]) };
  };
  const at = new Date().toISOString();
  base.text = text;
  base.sections = [];
  base.findings = [];
  Object.assign(base.candidate, {
    name: lines[0]?.slice(0, 80) ?? '',
    headline: lines[1]?.slice(0, 120) ?? null,
    location: PLACES.find((place) => find(place.name))?.name ?? null,
    emails: text.match(/[\w.+-]+@[\w.-]+\.\w+/g) ?? [],
    phones: [],
    links: [],
    summary: null,
    years_experience: Number(/(\d+) years/.exec(text)?.[1] ?? 3),
    positions: [],
    education: [],
    certifications: [],
    skills: SKILLS.flatMap((skill) => {
      const span = find(skill.label);
      return span ? [{ id: skill.id, label: skill.label, span, confidence: 0.9, months: null }] : [];
    }),
    languages: LANGUAGES.flatMap(({ code, label }) => {
      const span = find(label);
      return span ? [{ code, label, level: null, span, confidence: 0.9 }] : [];
    }),
    resumes: [
      {
        id: resume,
        filename: name,
        media_type: 'text/plain',
        size: Buffer.byteLength(text),
        uploaded_at: at,
        current: true,
        pages: null,
      },
    ],
    timeline: [{ at, kind: 'uploaded', detail: `${name} uploaded` }],
    created_at: at,
    updated_at: at,
  });
  return base;
}

export class Intake {
  uploads = [];
  #hashes = new Map();
  #next = 1;

  /** `tell(event, data)` sends to every open page; `pace` is milliseconds per step. */
  constructor(people, tell, pace) {
    Object.assign(this, { people, tell, pace });
    this.#seed();
  }

  #seed() {
    const at = (minute) => new Date(Date.UTC(2026, 4, 4, 9, minute)).toISOString();
    for (const { candidate } of this.people.slice(0, 34)) {
      const { filename, size, media_type } = candidate.resumes[0];
      this.uploads.push({
        id: uuid(this.#next++, 5),
        filename,
        size,
        media_type,
        status: 'indexed',
        error: null,
        duplicate_of: null,
        candidate_id: candidate.id,
        created_at: at(0),
        updated_at: at(1),
        parent_id: null,
      });
    }
    const archive = uuid(this.#next++, 5);
    const samples = [
      { filename: 'applications-may.zip', size: 4_812_331, media_type: 'application/zip', id: archive },
      { filename: 'Cornelius_Nebelhorn_broken.pdf', size: 18_204, failure: 2, parent_id: archive },
      { filename: 'locked_resume.pdf', size: 88_120, failure: 1 },
      {
        filename:
          'a file with a really very long name that somebody typed in a hurry before the weekend (final) (2).pdf',
        size: 64_002,
        duplicate_of: this.uploads[3].id,
        candidate_id: this.uploads[3].candidate_id,
      },
    ];
    for (const { failure, ...sample } of samples) {
      const [, code, detail, hint] = failure === undefined ? [] : FAILURES[failure];
      this.uploads.push({
        id: uuid(this.#next++, 5),
        media_type: 'application/pdf',
        status: failure === undefined ? 'indexed' : 'failed',
        error: code ? { code, detail, hint } : null,
        duplicate_of: null,
        candidate_id: null,
        created_at: at(5),
        updated_at: at(6),
        parent_id: null,
        ...sample,
      });
    }
  }

  get counts() {
    const counts = { queued: 0, extracting: 0, parsing: 0, embedding: 0, indexed: 0, failed: 0 };
    for (const upload of this.uploads) counts[upload.status] += 1;
    return counts;
  }

  accept({ name, bytes }) {
    const hash = createHash('sha256').update(bytes).digest('hex');
    const known = this.#hashes.get(hash);
    const now = new Date().toISOString();
    const upload = {
      id: uuid(this.#next++, 5),
      filename: name,
      size: bytes.length,
      media_type: null,
      status: known ? known.status : 'queued',
      error: null,
      duplicate_of: known?.id ?? null,
      candidate_id: known?.candidate_id ?? null,
      created_at: now,
      updated_at: now,
      parent_id: null,
    };
    this.uploads.push(upload);
    if (!known) {
      this.#hashes.set(hash, upload);
      this.#advance(upload, bytes, 0);
    }
    return upload;
  }

  retry(upload) {
    Object.assign(upload, { status: 'queued', error: null, updated_at: new Date().toISOString() });
    this.#advance(upload, Buffer.alloc(0), 0, {
      code: 'truncated',
      detail: 'The PDF still ends in the middle.',
      hint: 'The bytes are the same as before. Ask for the file again.',
    });
    return upload;
  }

  #advance(upload, bytes, step, again = null) {
    setTimeout(() => {
      const failure = step === 1 ? (again ?? failureOf(bytes, upload.filename)) : null;
      upload.updated_at = new Date().toISOString();
      upload.status = failure ? 'failed' : STEPS[step];
      upload.error = failure;
      if (upload.status === 'indexed') {
        const text = bytes.toString('utf8');
        const n = this.#next++;
        const added =
          /[\0\ufffd]/.test(text) || text.startsWith('%PDF')
            ? person(600 + n)
            : read(text, n, upload.filename);
        this.people.push(added);
        upload.candidate_id = added.candidate.id;
        this.tell('candidate', { id: added.candidate.id, change: 'created' });
      }
      this.tell('upload', upload);
      if (!failure && upload.status !== 'indexed') this.#advance(upload, bytes, step + 1, again);
    }, this.pace);
  }
}
