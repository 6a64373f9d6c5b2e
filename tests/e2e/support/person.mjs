// An invented person nobody has uploaded before: the tests find exactly what they brought.

const LETTERS = 'abcdefghijklmnopqrstuvwxyz';

/** `seed` is turned into letters: a name with digits in it would not be read as one. */
export function newPerson(seed) {
  let rest = seed;
  let word = '';
  for (let i = 0; i < 8; i += 1) {
    word += LETTERS[rest % 26];
    rest = Math.floor(rest / 26);
  }
  const surname = `Q${word}`;
  const name = `Zebulon ${surname}`;
  // The emoji stands before everything that is quoted: offsets must survive it.
  const text = `${name}
Senior Platform Engineer
📍 Utrecht · zebulon.${word}@example.test · +31 30 555 0199

Experience

Senior Platform Engineer, Hollow Oak Systems
03/2019 – 05/2024
- Ran forty Kubernetes clusters and retired half of them.
- Wrote the Terraform modules everyone else now copies.

Platform Engineer, Quiet Harbour BV
02/2015 – 02/2019
- Moved the build farm to CI/CD pipelines written in Go.

Skills
Kubernetes, Terraform, Go, CI/CD

Languages
English (C1), German (B2)

${'Long walks along flat canals, and the patience they teach.\n'.repeat(40)}`;
  return {
    name,
    surname,
    text,
    filename: `${name.replace(' ', '_')}.txt`,
    query: `Kubernetes and Terraform, ${name}`,
  };
}
