"""Tests of the generator: `python3 -m unittest discover packaging/samples`."""

from __future__ import annotations

import hashlib
import json
import re
import sys
import tempfile
import unittest
from pathlib import Path
from random import Random

sys.path.insert(0, str(Path(__file__).resolve().parent))

import check  # noqa: E402
import generate  # noqa: E402
from builder import grammar  # noqa: E402
from builder.data import table, tracks  # noqa: E402

COUNT = 60


def digest(folder: Path) -> str:
    """One number for all files of a folder."""
    total = hashlib.sha256()
    for path in sorted(folder.iterdir()):
        total.update(path.name.encode() + path.read_bytes())
    return total.hexdigest()


class Generated(unittest.TestCase):
    """One run that the tests look at."""

    @classmethod
    def setUpClass(cls) -> None:
        cls._home = tempfile.TemporaryDirectory()
        cls.folder = Path(cls._home.name, "resumes")
        cls.rows = generate.generate(cls.folder, cls.folder / "manifest.json", count=COUNT)

    @classmethod
    def tearDownClass(cls) -> None:
        cls._home.cleanup()

    def by_trap(self, key: str) -> list[dict]:
        """The rows of a trap."""
        return [row for row in self.rows if row["trap"] == key]

    def test_the_same_seed_gives_the_same_bytes(self) -> None:
        with tempfile.TemporaryDirectory() as other:
            again = Path(other, "again")
            generate.generate(again, again / "manifest.json", count=COUNT)
            self.assertEqual(digest(self.folder), digest(again))

    def test_another_seed_gives_other_people(self) -> None:
        with tempfile.TemporaryDirectory() as other:
            rows = generate.generate(Path(other), Path(other, "manifest.json"), seed=8, count=30)
            here = {row["emails"][0] for row in self.rows if not row["trap"]}
            self.assertLess(len(here & {row["emails"][0] for row in rows}), 3)

    def test_there_are_as_many_files_as_asked_for(self) -> None:
        self.assertEqual(len(self.rows), COUNT)
        self.assertEqual({path.name for path in self.folder.iterdir()}, {row["file"] for row in self.rows} | {"manifest.json"})

    def test_the_manifest_is_what_was_returned(self) -> None:
        written = json.loads((self.folder / "manifest.json").read_text(encoding="utf-8"))
        self.assertEqual(written["resumes"], self.rows)

    def test_no_file_is_empty(self) -> None:
        for row in self.rows:
            self.assertGreater((self.folder / row["file"]).stat().st_size, 1500, row["file"])

    def test_every_fact_of_the_manifest_stands_in_its_file(self) -> None:
        for row in self.rows:
            self.assertEqual(check.problems(self.folder, row), [])

    def test_every_resume_has_a_natural_length(self) -> None:
        for row in self.rows:
            if row["trap"] not in ("scanned", "long-history"):
                length = len(check.text_of(self.folder / row["file"]).strip())
                self.assertTrue(2400 <= length <= 7500, f"{row['file']}: {length} characters")

    def test_no_email_is_outside_the_example_domains(self) -> None:
        for row in self.rows:
            found = re.findall(r"[\w.+-]+@[\w.-]+\w", check.text_of(self.folder / row["file"]))
            for email in found + row["emails"]:
                self.assertRegex(email, r"@example\.(com|org|net)$", row["file"])

    def test_every_phone_is_in_a_range_kept_for_fiction(self) -> None:
        stems = []
        for scheme in table("phones").values():
            stems += [re.sub(r"\\\#|#", r"\\d", re.escape(text).replace(r"\{area\}", r"\d{3}")) for text in scheme["ranges"]]
        for row in self.rows:
            for phone in row["phones"]:
                self.assertTrue(any(re.fullmatch(stem, phone) for stem in stems), phone)

    def test_nobody_shares_contacts_but_the_deliberate_duplicate(self) -> None:
        for key in ("emails", "phones"):
            owners: dict[str, set[str]] = {}
            for row in self.rows:
                for contact in row[key]:
                    owners.setdefault(contact, set()).add(row["person"])
            self.assertTrue(all(len(people) == 1 for people in owners.values()))
        self.assertEqual(len({row["person"] for row in self.rows}), COUNT - 1)

    def test_dates_are_plausible(self) -> None:
        for row in self.rows:
            for position in row["positions"]:
                self.assertLess(position["start"], position["end"] or "2026-10", row["file"])
            if row["trap"] != "overlapping-dates":
                held = [(position["start"], position["end"] or "9999") for position in row["positions"]]
                self.assertTrue(all(older[1] < newer[0] for newer, older in zip(held, held[1:])), row["file"])

    def test_every_trap_is_there_with_its_twist(self) -> None:
        labels = {key: {skill["label"] for row in self.by_trap(key) for skill in row["skills"]} for key in
                  ("java-not-javascript", "javascript-not-java", "no-longer-csharp", "go-the-language", "go-the-extra-mile", "r-statistician", "reach-truck")}
        self.assertIn("Java", labels["java-not-javascript"])
        self.assertNotIn("JavaScript", labels["java-not-javascript"])
        self.assertIn("JavaScript", labels["javascript-not-java"])
        self.assertNotIn("Java", labels["javascript-not-java"])
        self.assertNotIn("C#", labels["no-longer-csharp"])
        self.assertEqual([skill["label"] for skill in self.by_trap("no-longer-csharp")[0]["denied_skills"]], ["C#"])
        self.assertIn("Go", labels["go-the-language"])
        self.assertNotIn("Go", labels["go-the-extra-mile"])
        self.assertIn("R", labels["r-statistician"])
        self.assertNotIn("React", labels["reach-truck"])
        newer, older = self.by_trap("duplicate")
        self.assertEqual((newer["person"], newer["emails"]), (older["person"], older["emails"]))
        self.assertGreater(newer["years"], older["years"] - 0.1)
        for key in ("two-columns", "scanned", "overlapping-dates", "cyrillic-name", "greek-name", "japanese-name", "long-history"):
            self.assertEqual(len(self.by_trap(key)), 1, key)

    def test_overlapping_months_are_counted_once(self) -> None:
        row = self.by_trap("overlapping-dates")[0]
        start = min(position["start"] for position in row["positions"])
        self.assertLessEqual(row["years"], 2026 - int(start[:4]) + 1)
        self.assertEqual([position["current"] for position in row["positions"][:3]], [True, True, False])

    def test_a_folder_with_other_files_is_left_alone(self) -> None:
        with tempfile.TemporaryDirectory() as other:
            Path(other, "mine.txt").write_text("keep")
            with self.assertRaises(SystemExit):
                generate.generate(Path(other), Path(other, "manifest.json"), count=1)
            self.assertEqual(Path(other, "mine.txt").read_text(), "keep")


class Data(unittest.TestCase):
    """The data files hold together."""

    def test_every_sentence_can_be_read(self) -> None:
        known = {"lang": "en", "gender": "f", "in": "in", "money": "€", "city": "Leeds", "years": "two years", "trade": "x"}
        for key, track in tracks().items():
            sentences = [text for band in track.bullets.values() for text in band] + track.summaries + track.scopes + [title for level in track.titles for title in level]
            for text in sentences:
                shown, _ = grammar.expand(text, Random(key), known)
                self.assertNotRegex(shown, r"[{}|$\[\]]", f"{key}: {text}")

    def test_every_skill_in_a_duty_is_one_of_the_professions_skills(self) -> None:
        general = {"Git", "CI/CD", "Microsoft Excel"}
        for key, track in tracks().items():
            listed = {skill.label for group in track.skills.values() for skill in group}
            for text in [text for band in track.bullets.values() for text in band]:
                for skill in grammar.every_skill(text):
                    self.assertIn(skill.label, listed | general, f"{key}: {text}")

    def test_every_profession_names_known_industries_and_education(self) -> None:
        for key, track in tracks().items():
            self.assertEqual(len(track.titles), 4, key)
            self.assertIn(track.education, table("education")[track.lang], key)
            for industry in track.industries:
                self.assertIn(industry, table("employers")[track.lang], key)

    def test_an_unbalanced_sentence_is_named(self) -> None:
        with self.assertRaisesRegex(grammar.TemplateError, "Built {a"):
            grammar.expand("Built {a|b", Random(1), {})


if __name__ == "__main__":
    unittest.main()
