// The few words the mock understands. Ids look like the real taxonomy's, but are invented.

/** @type {{ id: string, label: string, aliases: string[] }[]} */
export const SKILLS = [
  ['python', 'Python'],
  ['java', 'Java'],
  ['javascript', 'JavaScript', 'js'],
  ['typescript', 'TypeScript', 'ts'],
  ['kotlin', 'Kotlin'],
  ['go', 'Go', 'golang'],
  ['rust', 'Rust'],
  ['csharp', 'C#'],
  ['cpp', 'C++'],
  ['php', 'PHP'],
  ['react', 'React'],
  ['angular', 'Angular'],
  ['vue', 'Vue.js', 'vue'],
  ['nodejs', 'Node.js', 'nodejs'],
  ['postgresql', 'PostgreSQL', 'postgres'],
  ['kafka', 'Apache Kafka', 'kafka'],
  ['aws', 'Amazon Web Services', 'aws'],
  ['azure', 'Microsoft Azure', 'azure'],
  ['kubernetes', 'Kubernetes', 'k8s'],
  ['docker', 'Docker'],
  ['terraform', 'Terraform'],
  ['cicd', 'CI/CD'],
  ['django', 'Django'],
  ['spring', 'Spring Boot', 'spring'],
  ['ml', 'Machine learning', 'machine learning'],
  ['sql', 'SQL'],
  ['event-sourcing', 'Event sourcing', 'event sourcing'],
  ['leadership', 'Team leadership', 'led a team', 'lead a team', 'leading teams', 'leadership'],
  ['accounting', 'Accounting'],
  ['sap', 'SAP FICO', 'sap'],
  ['nursing', 'Intensive care nursing', 'intensive care'],
  ['welding', 'TIG welding', 'welding'],
].map(([id, label, ...aliases]) => ({ id, label, aliases: [label.toLowerCase(), ...aliases] }));

export const TITLES = [
  'Software Engineer',
  'Backend Developer',
  'Frontend Developer',
  'Data Engineer',
  'Platform Engineer',
  'Engineering Manager',
  'Product Designer',
  'Accountant',
  'Nurse',
  'Welder',
  'Developer',
];

/** Name, country, and what lies within 50 km. */
export const PLACES = [
  { name: 'Berlin', country: 'DE', near: ['Potsdam'] },
  { name: 'Hamburg', country: 'DE', near: ['Lüneburg'] },
  { name: 'Munich', country: 'DE', near: [] },
  { name: 'Potsdam', country: 'DE', near: ['Berlin'] },
  { name: 'Lüneburg', country: 'DE', near: ['Hamburg'] },
  { name: 'Vienna', country: 'AT', near: [] },
  { name: 'Zürich', country: 'CH', near: [] },
  { name: 'Lisbon', country: 'PT', near: [] },
  { name: 'Kraków', country: 'PL', near: [] },
  { name: 'Utrecht', country: 'NL', near: [] },
];

export const LANGUAGES = [
  ['en', 'English'],
  ['de', 'German'],
  ['pl', 'Polish'],
  ['fr', 'French'],
  ['pt', 'Portuguese'],
].map(([code, label]) => ({ code, label }));

export const LEVELS = ['A1', 'A2', 'B1', 'B2', 'C1', 'C2', 'native'];
export const SENIORITY = ['intern', 'junior', 'mid', 'senior', 'lead', 'principal', 'executive'];

const escape = (word) => word.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');

/** Finds a word as a whole: "Java" is not in "JavaScript", "Go" is not in "Django". */
export const wholeWord = (word, flags = 'i') =>
  new RegExp(`(?<![\\p{L}\\p{N}+#./-])${escape(word)}(?![\\p{L}\\p{N}+#]|\\.\\p{L})`, `${flags}u`);
