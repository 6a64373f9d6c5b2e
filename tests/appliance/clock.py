#!/usr/bin/env python3
"""A clock that jumps by days while the appliance is in use: tests/appliance/clock.py --repository DIR [SUITE…]

A container has its host's clock, which is not to be touched. So everything that is started on the machine asks the time of
a library of ours, which adds what stands in a file: the services, which are started anew once, and what the operator
calls. The kernel's own clock, and with it the log's and systemd's, stays.
"""
import json
import re
import struct
import subprocess
import sys
import time

from run import Appliance, expect, main, wait

SETTINGS = "/etc/talentprompt/talentprompt.toml"
DAY = 24 * 60 * 60
LIBRARY, SHIFT = "usr/lib/jumping-clock.so", "usr/lib/jumping-clock.seconds"
# By system calls: the functions that would call the kernel without them are those that are replaced.
SOURCE = r"""
#define _GNU_SOURCE
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

static const long long *shift;

__attribute__((constructor)) static void begin(void) {
  int file = open("/usr/lib/jumping-clock.seconds", O_RDONLY | O_CLOEXEC);
  void *place = file < 0 ? MAP_FAILED : mmap(0, sizeof *shift, PROT_READ, MAP_SHARED, file, 0);
  if (file >= 0) close(file);
  if (place != MAP_FAILED) shift = place;
}

int clock_gettime(clockid_t which, struct timespec *now) {
  int failed = syscall(SYS_clock_gettime, which, now);
  if (!failed && shift && (which == CLOCK_REALTIME || which == CLOCK_REALTIME_COARSE)) now->tv_sec += *shift;
  return failed;
}

int gettimeofday(struct timeval *now, void *zone) {
  struct timespec exact;
  clock_gettime(CLOCK_REALTIME, &exact);
  now->tv_sec = exact.tv_sec;
  now->tv_usec = exact.tv_nsec / 1000;
  return 0;
}

time_t time(time_t *place) {
  struct timespec now;
  clock_gettime(CLOCK_REALTIME, &now);
  if (place) *place = now.tv_sec;
  return now.tv_sec;
}
"""
FILES = 80
# More than [security] allows in a minute, and in a quarter of an hour.
REQUESTS, SIGN_INS = 700, 11


class Clock(Appliance):
    """The tests, in the order in which they use one machine."""

    def jump(self, seconds):
        """Puts the machine's clock so far ahead of ours, while everything runs."""
        with open(self.machine.root / SHIFT, "r+b") as file:
            file.write(struct.pack("q", seconds))
        ahead = int(self.run("date +%s")) - time.time()
        expect(abs(ahead - seconds) < 30, f"the clock is ahead by {ahead} s")

    def hand_in(self, *names):
        """Hands texts in, and says which were taken."""
        for name in names:
            (self.machine.root / f"root/{name}.txt").write_text(f"Person {name}\nNurse, 2019 - 2024\n")
        taken = self.get("/api/v1/resumes", *(f"-F file=@/root/{name}.txt" for name in names)).get("uploads", [])
        expect(len(taken) == len(names), f"{len(taken)} of {len(names)} were taken")

    def all_read(self):
        """Whether nothing that was handed in waits any more."""
        return self.sql("select count(*) from uploads where status <> 'indexed'") == "0"

    def sign_in(self, password):
        """Signs in as a browser does; answers the status, the cookie, and how long it is to wait."""
        body = json.dumps({"email": "sam@example.com", "password": password})
        told = self.run(f"curl -si --max-time 20 -H 'Content-Type: application/json' -d '{body}' "
                        "http://127.0.0.1/api/v1/auth/login", check=False)
        cookie, pause = (re.search(rf"^{name}: ([^;\s]+)", told, re.I | re.M) for name in ("set-cookie", "retry-after"))
        return told.split()[1], cookie and cookie[1], int(pause[1]) if pause else 0

    def ask(self, times):
        """Asks so many times in a row; answers the last status, and how long it is to wait."""
        told = self.run(f"curl -s -o /dev/null -w '%{{http_code}} %header{{retry-after}}\\n' -H 'Authorization: Bearer "
                        f"{self.token}' 'http://127.0.0.1/api/v1/auth/me?[1-{times}]'").splitlines()[-1]
        status, _, pause = told.partition(" ")
        return status, int(pause or 0)

    def everybody_works(self, name):
        """That token, session and password hold, people are found, and what is handed in is read."""
        expect(self.finds_ada(), "nobody is found by the token")
        told = self.run(f"curl -s -H 'Cookie: {self.cookie}' http://127.0.0.1/api/v1/auth/me")
        expect("sam@example.com" in told, f"the session is refused: {told}")
        status, _, pause = self.sign_in(self.password)
        expect(status == "200", f"signing in: {status}, to be tried again in {pause} s")
        self.hand_in(name)
        wait("it is read", self.all_read)
        failed = self.run("systemctl list-units --failed --no-legend 'talentprompt*'")
        expect(self.ready() and not failed, failed)

    def the_appliance_is_installed_with_a_clock_of_its_own(self):
        self.install()
        self.import_ada()
        self.password = self.run("talentprompt users create --workspace Second --name 'Sam Second' --role owner "
                                 "sam@example.com 2>/dev/null")
        (self.machine.root / SHIFT).write_bytes(bytes(8))
        subprocess.run(["cc", "-shared", "-fPIC", "-O2", "-x", "c", "-", "-o", self.machine.root / LIBRARY], input=SOURCE,
                       text=True, check=True)
        self.run(f"echo /{LIBRARY} >/etc/ld.so.preload")
        self.stop()
        self.run("systemctl start talentprompt.target")
        wait("the appliance is ready", self.ready, 60)
        self.cookie = self.sign_in(self.password)[1]

    def a_day_ahead_everybody_works_on(self):
        self.jump(DAY)
        self.everybody_works("ahead")

    def a_day_back_everybody_works_on(self):
        self.jump(0)
        self.everybody_works("back")

    def a_clock_that_is_wrong_by_far_is_told(self):
        made = int(self.run("stat -c %Y /usr/bin/talentprompt"))
        self.jump(int(made - time.time()) - 2 * DAY)
        self.everybody_works("before")
        told = self.run("talentprompt doctor 2>&1 || true")
        expect("sessions, links and one-time codes end at the wrong moment" in told, told)
        self.jump(0)
        self.everybody_works("after")

    def set_back(self, name, before="true", after="true"):
        """Sets the clock back while files wait: `before` is run in the day ahead, `after` in ours. All are read."""
        self.jump(DAY)
        self.hand_in(*(f"{name}-{number}" for number in range(FILES)))
        self.run(before)
        self.jump(0)
        waiting = int(self.sql("select count(*) from tasks"))
        expect(waiting > 0, "nothing waited, which proves nothing")
        self.run(after)
        wait(f"what waited is read, {waiting} files", self.all_read, 60)

    def what_waits_when_the_clock_is_set_back_is_read(self):
        self.set_back("waits")

    def what_was_begun_before_a_restart_is_read_when_the_clock_is_set_back_meanwhile(self):
        self.set_back("stopped", "systemctl stop talentprompt", "systemctl start talentprompt")

    def what_was_begun_before_a_crash_is_read_when_the_clock_is_set_back_meanwhile(self):
        self.set_back("killed", "systemctl kill --signal=KILL talentprompt")

    def a_limit_that_began_before_the_clock_was_set_back_holds_no_longer_than_others(self):
        for cache in ("start", "stop"):
            self.run(f"talentprompt services {cache} redis; sleep 3")
            self.jump(DAY)
            expect(self.ask(1)[0] == "200", "it is refused at once")
            told = [self.sign_in("wrong")[0] for _ in range(SIGN_INS)]
            expect(told[-1] == "429", told)
            self.jump(0)
            status, pause = self.ask(REQUESTS)
            expect(status == "429" and pause <= 60, f"requests, redis {cache}: {status}, to be tried again in {pause} s")
            wait("it is served again", lambda: self.ask(1)[0] == "200", 70)
            status, _, pause = self.sign_in(self.password)
            expect(pause <= 15 * 60, f"signing in, redis {cache}: {status}, to be tried again in {pause} s")
        self.run("talentprompt services start redis; systemctl restart talentprompt talentprompt-redis")
        wait("the appliance is ready", self.ready, 60)
        self.everybody_works("limits")

    def what_hangs_after_the_clock_was_set_back_is_restarted(self):
        for seconds in (DAY, 0):
            self.jump(seconds)
            before = self.show("talentprompt-redis", "MainPID")
            self.run(f"kill -STOP {before}")
            # What has not answered the appliance since it was started has a minute for that.
            wait(f"it is restarted, {seconds} s ahead",
                 lambda: self.show("talentprompt-redis", "MainPID") not in (before, "0"), 100)
            wait("it answers", lambda: self.run("talentprompt services status --json || true").count('"up"') == 2)
        expect(self.finds_ada(), "nobody is found")


if __name__ == "__main__":
    sys.exit(main(Clock, "A clock that jumps by days while the appliance is in use."))
