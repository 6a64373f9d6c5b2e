// Invented people. Nobody here exists: the names are made of words no register office has seen together.

import { SKILLS, PLACES, LANGUAGES } from './lexicon.mjs';
import { Writer } from './writer.mjs';

const FIRST = [
  'Ottoline',
  'Bruno',
  'Marisol',
  'Tadeusz',
  'Ingrid',
  'Caspian',
  'Noor',
  'Fenella',
  'Yusuf',
  'Liesel',
  'Anselm',
  'Zofia',
  'Ravi',
  'Perpetua',
  'Jorn',
  'Delphine',
];
const LAST = [
  'Farrowgate',
  'Castellmar',
  'Quillfeather',
  'Brzoskwinia',
  'Lindwurm',
  'Thistledown',
  'Al-Qamarani',
  'Moorwhistle',
  'Sandkastl',
  'Wetterhahn',
  'Oakapple',
  'Zaczarowana',
  'Lotuswala',
  'Nightingall',
  'Fjordhest',
  'Marmalade',
];
const COMPANIES = [
  'Nebelwerk GmbH',
  'Blue Teapot Ltd',
  'Kranich & Söhne',
  'Paper Lantern Labs',
  'Gläserne Wolke AG',
  'Hollow Oak Systems',
  'Quiet Harbour BV',
  'Tin Whistle Software',
];
const TRACKS = [
  { title: 'Backend Developer', skills: ['python', 'django', 'postgresql', 'aws', 'docker', 'kafka'] },
  {
    title: 'Software Engineer',
    skills: ['java', 'spring', 'kotlin', 'postgresql', 'kubernetes', 'event-sourcing'],
  },
  { title: 'Frontend Developer', skills: ['javascript', 'typescript', 'react', 'vue', 'nodejs', 'cicd'] },
  { title: 'Platform Engineer', skills: ['kubernetes', 'terraform', 'aws', 'go', 'cicd', 'docker'] },
  { title: 'Data Engineer', skills: ['python', 'sql', 'kafka', 'aws', 'ml', 'terraform'] },
  { title: 'Engineering Manager', skills: ['leadership', 'python', 'aws', 'cicd', 'postgresql'] },
  { title: 'Software Engineer', skills: ['cpp', 'rust', 'csharp', 'docker', 'sql'] },
  { title: 'Accountant', skills: ['accounting', 'sap', 'sql'] },
];
const SENTENCES = [
  (skill) => `Rebuilt the ordering service in ${skill} and halved its response time.`,
  (skill) => `Introduced ${skill} across three products, with training for everyone.`,
  (skill) => `Responsible for everything around ${skill}, from the first sketch to the night shift.`,
  (skill) => `Moved a twelve-year-old system to ${skill} without a day of downtime.`,
  (skill) => `Wrote the house rules for ${skill} and kept them short.`,
];
const HOBBIES = ['Choir singing 🎶', 'Bread baking 🥖', 'Long walks', 'Restoring clocks', 'Kite building 🪁'];

/** A small generator with a fixed seed (mulberry32): the same people at every start. */
export function random(seed) {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

export const uuid = (n, kind) =>
  `0197${kind.toString(16).padStart(4, '0')}-0000-7000-8000-${n.toString(16).padStart(12, '0')}`;

const label = (id) => SKILLS.find((skill) => skill.id === id).label;

function positions(next, track, years, skills, writer) {
  const list = [];
  let end = 2026;
  for (let left = years, n = 0; left > 0 && n < 3; n += 1) {
    const length = n === 2 ? left : Math.max(1, Math.round(left * (0.35 + next() * 0.3)));
    const start = end - Math.min(length, left);
    const title = n === 0 && years > 8 ? `Senior ${track.title}` : track.title;
    const employer = COMPANIES[Math.floor(next() * COMPANIES.length)];
    const begin = writer.at;
    writer.line(`${title}, ${employer}`);
    writer.line(`03/${start} – ${n === 0 ? 'today' : `02/${end}`}`);
    for (let s = 0; s < 2; s += 1) {
      const skill = label(skills[(n * 2 + s) % skills.length]);
      writer.line(`- ${SENTENCES[Math.floor(next() * SENTENCES.length)](skill)}`);
    }
    if (n === 0 && (track.title.includes('Manager') || next() < 0.3))
      writer.line('- Led a team of seven and hired four of them.');
    const description = writer
      .since(begin)
      .split('\n')
      .slice(2)
      .map((line) => line.replace(/^- /, ''))
      .join('\n')
      .trim();
    list.push({
      title,
      employer,
      start: `${start}-03`,
      end: n === 0 ? null : `${end}-02`,
      current: n === 0,
      description,
      span: writer.span(begin),
      confidence: 0.94,
    });
    writer.line('');
    left -= length;
    end = start;
  }
  return list;
}

/** One invented person, complete: profile, text and the spans that tie them together. */
export function person(n) {
  const next = random(n * 7919 + 17);
  const name = `${FIRST[n % FIRST.length]} ${LAST[(n * 5 + Math.floor(n / 16)) % LAST.length]}`;
  const track = TRACKS[Math.floor(next() * TRACKS.length)];
  const years = 1 + Math.floor(next() * 17);
  const place = PLACES[Math.floor(next() * PLACES.length)];
  const skills = track.skills.filter((_, i) => i < 3 || next() < 0.6);
  const resume = uuid(n, 2);
  const writer = new Writer(resume);
  const headline = `${years > 8 ? 'Senior ' : years < 3 ? 'Junior ' : ''}${track.title}`;
  const email = `${name
    .toLowerCase()
    .normalize('NFD')
    .replace(/[^a-z]+/g, '.')}@example.test`;
  const sections = [];
  const section = (kind, heading, fill) => {
    const start = writer.at;
    writer.line(heading.toUpperCase());
    const value = fill();
    writer.line('');
    sections.push({ kind, start, end: writer.at });
    return value;
  };

  writer.line(name);
  writer.line(headline);
  writer.line(`${n % 3 === 0 ? '📍 ' : ''}${place.name} · ${email} · +49 30 5550 ${1000 + n}`);
  writer.line('');
  sections.push({ kind: 'header', start: 0, end: writer.at });
  const summary = `${track.title} with ${years} years of practice, at home between ${label(skills[0])} and ${label(skills[1])}. Likes clear words and small steps.`;
  section('summary', 'Profile', () => writer.line(summary));
  const held = section('experience', 'Experience', () => positions(next, track, years, skills, writer));
  const listed = section('skills', 'Skills', () =>
    skills.map((id, i) => {
      const span = writer.mark(label(id));
      writer.text(i < skills.length - 1 ? ', ' : '\n');
      return {
        id,
        label: label(id),
        span,
        confidence: i === 5 ? 0.42 : 0.97,
        months: Math.max(6, Math.round((years * 12) / (1 + i / 2))),
      };
    }),
  );
  const languages = section('languages', 'Languages', () =>
    [
      ['en', 'C1'],
      [n % 2 ? 'de' : 'pl', n % 5 ? 'native' : 'B2'],
    ].map(([code, level]) => {
      const name = LANGUAGES.find((language) => language.code === code).label;
      const span = writer.mark(`${name} (${level})`);
      writer.line('');
      return { code, label: name, level, span, confidence: 0.9 };
    }),
  );
  const education = section('education', 'Education', () => {
    const begin = writer.at;
    writer.line(
      `${n % 2 ? 'M.Sc. Computer Science' : 'B.Sc. Business Informatics'}, Universität Wolkenkuckucksheim`,
    );
    return [
      {
        institution: 'Universität Wolkenkuckucksheim',
        degree: n % 2 ? 'M.Sc.' : 'B.Sc.',
        level: n % 2 ? 'master' : 'bachelor',
        field: n % 2 ? 'Computer Science' : 'Business Informatics',
        start: null,
        end: String(2026 - years - 1),
        span: writer.span(begin),
        confidence: n % 7 ? 0.92 : 0.4,
      },
    ];
  });
  const certifications = skills.includes('aws')
    ? section('certifications', 'Certificates', () => [
        {
          label: 'AWS Certified Solutions Architect',
          span: writer.mark('AWS Certified Solutions Architect'),
          confidence: 0.95,
        },
      ])
    : [];
  section('interests', 'Interests', () => writer.line(HOBBIES[n % HOBBIES.length]));

  const at = new Date(Date.UTC(2026, 3, 1 + (n % 28), 8 + (n % 9), n % 60)).toISOString();
  const slug = name.replace(/[^\p{L}]+/gu, '_');
  const resumes = [
    {
      id: resume,
      filename: `${slug}.pdf`,
      media_type: 'application/pdf',
      size: 48_000 + n * 731,
      uploaded_at: at,
      current: true,
      pages: 1,
    },
  ];
  if (n % 9 === 1)
    resumes.push({
      id: uuid(n, 3),
      filename: `${slug}_2023.docx`,
      media_type: 'application/vnd.openxmlformats-officedocument.wordprocessingml.document',
      size: 31_400,
      uploaded_at: '2023-11-02T09:12:00Z',
      current: false,
      pages: null,
    });
  return {
    candidate: {
      id: uuid(n, 1),
      name,
      headline,
      location: place.name,
      emails: [email],
      phones: [`+49305550${1000 + n}`],
      links: n % 2 ? [`https://example.test/people/${slug.toLowerCase()}`] : [],
      years_experience: years,
      summary,
      positions: held,
      education,
      skills: listed,
      languages,
      certifications,
      resumes,
      timeline: [
        { at, kind: 'indexed', detail: 'Can be found by search' },
        { at, kind: 'uploaded', detail: `${slug}.pdf uploaded by Philippa Demo` },
      ],
      created_at: at,
      updated_at: at,
    },
    text: writer.value,
    sections,
    findings:
      n % 11 === 4
        ? [
            {
              kind: 'hidden_text',
              detail:
                'The document holds white text on white ground. It was read, and is shown here, but does not count.',
            },
          ]
        : [],
    remote: next() < 0.4,
  };
}

export const people = (count) => Array.from({ length: count }, (_, n) => person(n + 1));
