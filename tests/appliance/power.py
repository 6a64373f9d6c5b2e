#!/usr/bin/env python3
"""Cuts the power of an appliance that takes an import: tests/appliance/power.py --repository DIR [SUITE…]

What was not synced is lost, and the file system's journal is replayed. CUTS and FILES in the environment are how often,
and of how many resumes.
"""
import os
import random
import shutil
import sys
import threading
import time

from run import Appliance, expect, main, pdf, wait

CUTS = int(os.environ.get("CUTS") or 3)
FILES = int(os.environ.get("FILES") or 60)
BATCH = 10
BROKEN = max(2, FILES // 50)


class PowerCuts(Appliance):
    """The tests, in the order in which they use one machine."""

    DISK = True

    @staticmethod
    def share(repository, folder):
        """The repository, and resumes of which some cannot be read."""
        folder.chmod(0o755)
        shutil.copytree(repository, folder, dirs_exist_ok=True)
        chance, people = random.Random(1), folder / "people"
        people.mkdir()
        for number in range(FILES - BROKEN):
            work = [f"Built part {chance.randrange(10**6)} of machine {line} in workshop {number}." for line in range(30)]
            lines = (f"Person Number {number}", f"p{number}@example.com", "", "Experience", "Engineer, 2018 - 2024", *work)
            (people / f"{number}.pdf").write_text(pdf(lines))
        for number in range(BROKEN):
            (people / f"broken-{number}.pdf").write_bytes(b"%PDF-1.7\n" + chance.randbytes(2000))
        return folder

    def hand_in(self):
        """Hands every file in, again and again until the server has said that it took it."""
        left = sorted(path.name for path in (self.machine.share / "people").iterdir())
        while left:
            forms = " ".join(f"-F file=@/srv/share/people/{name}" for name in left[:BATCH])
            taken = {upload["filename"] for upload in self.get("/api/v1/resumes", forms).get("uploads", [])}
            left = [name for name in left if name not in taken]
            if not taken:
                time.sleep(0.2)

    def count(self, what, otherwise=-1):
        """One number of the database; another one while it does not answer."""
        try:
            return int(self.sql(f"select count(*) from {what}", check=False))
        except ValueError:
            return otherwise

    def the_appliance_is_installed(self):
        self.install()
        self.run("sync")

    def it_is_ready_without_help_after_each_cut(self):
        chance, import_ = random.Random(2), threading.Thread(target=self.hand_in, daemon=True)
        import_.start()
        for cut in range(1, CUTS + 1):
            wait(f"the import goes on before cut {cut}", lambda: self.count(
                "uploads where status in ('indexed', 'failed')") >= FILES * (cut - 0.7) / CUTS, 300)
            time.sleep(chance.uniform(0, 1))
            done, begin = self.count("uploads where status in ('indexed', 'failed')"), time.monotonic()
            booted = self.machine.cut_power()
            wait("it is ready", self.ready, 60)
            print(f"  cut {cut} at {done} of {FILES}: booted after {booted:.1f} s, ready after "
                  f"{time.monotonic() - begin:.1f} s", flush=True)
        import_.join(300)
        expect(not import_.is_alive(), "the import does not end")
        wait("the queue is empty", lambda: self.count("tasks") == 0, 300)

    def every_file_is_there_once_and_indexed_or_failed_with_a_reason(self):
        told = self.sql("select count(*), count(distinct filename), count(distinct content_hash) from uploads")
        expect(told == f"{FILES}|{FILES}|{FILES}", told)
        told = self.sql("select status, count(*), bool_and(error_code is not null and error_hint is not null) from uploads "
                        "group by 1 order by 1")
        expect(told == f"failed|{BROKEN}|t\nindexed|{FILES - BROKEN}|f", told)
        expect(self.count("uploads where error_code = 'not_processed'") == 0, "a cut made a file fail")

    def everybody_is_in_the_index_once(self):
        people = FILES - BROKEN
        expect(self.count("resumes") == people and self.count("candidates") == people, "somebody is there twice or not at all")
        expect(self.count("resumes r where not exists (select from passages p where p.resume_id = r.id)") == 0, "no passages")
        expect(self.count("passages p where not exists (select from embeddings e where e.content_hash = p.content_hash "
                          "and e.workspace_id = p.workspace_id)") == 0, "passages without their vector")
        question = "-H 'Content-Type: application/json' -d '{\"query\":\"engineer\",\"limit\":1}'"
        # A search looks closely at 150 people in each of its ways.
        wait("a search finds them", lambda: self.get("/api/v1/search", question).get("total", 0) >= min(people, 150))


if __name__ == "__main__":
    sys.exit(main(PowerCuts, "Cuts the power of an appliance that takes an import."))
