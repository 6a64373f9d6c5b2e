#!/usr/bin/env python3
"""Disks that can only be read, all at once or in part: tests/appliance/readonly.py --repository DIR [SUITE…]

The data is on a volume of its own, so that the system's disk and the data's can be tried one without the other.
"""
import os
import re
import subprocess
import sys
import time
from pathlib import Path

from days import ANSWER, DATA, BadDays
from machine import Broken
from run import expect, main, wait

SERVICES = "talentprompt talentprompt-postgres talentprompt-redis"


class ReadOnly(BadDays):
    """The tests, in the order in which they use one machine."""

    def __init__(self, machine):
        super().__init__(machine)
        self.volume = machine.disk.with_suffix(".volume")
        self.device = ""

    def close(self):
        self.volume.unlink(missing_ok=True)

    def enter(self, script):
        """Runs a script with all of root's rights; answers what it printed."""
        done = self.machine.enter("sh", "-euc", script)
        if done.returncode != 0:
            raise Broken(f"`{script}` ended with {done.returncode}: {done.stderr}")
        return done.stdout.strip()

    def attach(self, place):
        """Mounts the volume; it stops at its first error, as those of a Debian that was installed by hand do."""
        self.device = subprocess.run(["losetup", "--find", "--show", self.volume], check=True, capture_output=True,
                                     text=True).stdout.strip()
        number = os.minor(os.stat(self.device).st_rdev)
        try:
            self.enter(f"rm -f {self.device}; mknod {self.device} b 7 {number}; "
                       f"mount -o errors=remount-ro {self.device} {place}")
        finally:
            # It is let go when it is unmounted.
            subprocess.run(["losetup", "--detach", self.device], check=True)

    def lock(self, place):
        """Lets a file system only be read, as soon as no file of it is being written."""
        wait(f"{place} is locked", lambda: self.machine.enter("mount", "-o", "remount,ro", place).returncode == 0)

    def unlock(self, place):
        """Lets it be written to again."""
        self.enter(f"mount -o remount,rw {place}")

    def search(self):
        """Searches for Ada; answers status and body."""
        told = self.run(f"curl -s --max-time 30 -H 'Authorization: Bearer {self.token}' -H 'Content-Type: application/json' "
                        f"-d '{{\"query\":\"Rust developer in Berlin\"}}' {ANSWER} http://127.0.0.1/api/v1/search", check=False)
        body, _, status = told.rpartition("\n")
        return status, body

    def refused(self, name):
        """That an upload is not taken, and that the client is told so as of something that passes."""
        status, body = self.upload(name)
        expect(status in ("503", "507"), f"an upload is answered by {status}: {body}")

    def taken(self, name):
        """That an upload is taken, and read."""
        wait("it takes something in", lambda: self.upload(name)[0] == "202", 60)
        wait("it is read", lambda: self.sql(f"select status from uploads where filename = '{name}.txt'", check=False)
             == "indexed", 60)

    def the_appliance_is_installed_with_its_data_on_a_volume(self):
        self.install()
        self.import_ada()
        self.stop()
        self.volume.touch()
        os.truncate(self.volume, 2 << 30)
        subprocess.run(["mkfs.ext4", "-q", "-F", "-m", "0", self.volume], check=True)
        self.attach("/mnt")
        self.enter(f"rmdir /mnt/lost+found; cp -a {DATA}/. /mnt; umount /mnt")
        self.attach(DATA)
        self.enter(f"chown talentprompt: {DATA}; chmod 711 {DATA}")
        self.start()
        wait("Ada is found", self.finds_ada, 60)

    def a_system_that_can_only_be_read_serves_and_is_told(self):
        self.run("journalctl --relinquish-var")
        self.lock("/")
        self.run("! touch /etc/touched /usr/touched /var/touched 2>&1")
        expect(self.finds_ada(), "nobody is found")
        self.taken("locked")
        self.run(f"systemctl restart {SERVICES}")
        wait("Ada is found after a restart", self.finds_ada, 60)
        self.taken("restarted")
        self.run("systemctl reload talentprompt")
        told = [line for line in self.doctor().splitlines() if "can only be read" in line]
        expect(len(told) == 1 and "system can be written" in told[0], self.doctor())
        self.unlock("/")
        self.run("journalctl --flush")
        self.taken("unlocked")
        expect("can only be read" not in self.doctor(), self.doctor())

    def what_was_taken_in_is_read_once_there_is_room_to_read_it_in(self):
        self.lock("/tmp")
        expect(self.finds_ada(), "nobody is found")
        status, body = self.upload("cramped")
        expect(status in ("202", "503", "507"), f"{status}: {body}")
        expect(re.search("/tmp can be written +can only be read", self.doctor()), self.doctor())
        # Long enough for several attempts: none may be used up, or what was taken would be lost after some minutes.
        time.sleep(45)
        used = "select coalesce(max(attempts), 0) from tasks where kind = 'extract'"
        expect(self.sql(used) in ("0", "1"), f"{self.sql(used)} attempts are used up")
        self.unlock("/tmp")
        if status == "202":
            told = "select status, error_detail from uploads where filename = 'cramped.txt'"
            wait("it is read", lambda: not self.sql(told).startswith(("queued", "extracting")), 60)
            expect(self.sql(told).startswith("indexed"), self.sql(told))
        self.taken("roomy")

    def documents_that_can_only_be_read_are_found_and_none_is_taken_in(self):
        place = f"{DATA}/files"
        self.stop()
        self.enter(f"cp -a {place} /root; mount -t tmpfs -o size=64m tmpfs {place}; cp -a /root/files/. {place}")
        self.start()
        wait("Ada is found", self.finds_ada, 60)
        self.lock(place)
        self.refused("documents")
        expect(self.finds_ada(), "nobody is found")
        expect("can only be read" in self.doctor(), self.doctor())
        since = self.now()
        self.run("systemctl restart --no-block talentprompt")
        wait("it is told at the start", lambda: "can only be read" in self.logged("talentprompt", since))
        self.unlock(place)
        wait("Ada is found", self.finds_ada, 60)
        self.taken("documents")
        self.stop()
        self.enter(f"cp -a {place}/. /root/files; umount {place}; cp -a /root/files/. {place}; rm -r /root/files")
        self.start()
        wait("Ada is found", self.finds_ada, 60)

    def a_volume_that_can_only_be_read_takes_nothing_in_and_is_whole_again_when_it_is_mended(self):
        (Path("/sys/fs/ext4") / Path(self.device).name / "trigger_fs_error").write_text("tried")
        told, until = set(), time.monotonic() + 30
        while time.monotonic() < until:
            self.refused("volume")
            status, body = self.search()
            told.add(status)
            expect(status in ("200", "503"), f"a search is answered by {status}: {body}")
            time.sleep(0.5)
        print("  searches were answered by", *sorted(told), flush=True)
        expect(self.run("curl -s http://127.0.0.1/healthz") == "ok", "the program itself is gone")
        said = self.doctor()
        expect(any("data can be written" in line and "can only be read" in line for line in said.splitlines()), said)
        self.stop()
        self.enter(f"umount {DATA}")
        mended = subprocess.run(["e2fsck", "-fp", self.volume], capture_output=True, text=True, check=False)
        expect(mended.returncode < 4, mended.stdout)
        self.attach(DATA)
        self.run("systemctl reset-failed 'talentprompt*'")
        self.start()
        wait("Ada is found", self.finds_ada, 60)
        self.taken("volume")
        taken = self.sql("select count(*) from uploads where status <> 'indexed'")
        expect(taken == "0", f"{taken} of what was taken in before are not there")


if __name__ == "__main__":
    sys.exit(main(ReadOnly, "Disks that can only be read, all at once or in part."))
