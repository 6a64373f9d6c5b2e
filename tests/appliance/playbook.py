#!/usr/bin/env python3
"""Makes appliances of booted Debian machines with the playbook: tests/appliance/playbook.py --repository DIR [SUITE…]

DIR is a signed repository as `make apt-repo` makes it. Lint and syntax come first and need no machine. A machine is
reached over ssh, by a cable to this one and no further: Debian's packages are fetched beforehand. Where machines cannot
run, that is said and nothing fails.
"""
import argparse
import json
import os
import re
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from machine import Broken, Machine, image, missing
from run import ROOT, SUITES, dependencies, expect, wait

ANSIBLE = ROOT / "ansible"
TOOLS = Path(os.environ.get("CARGO_TARGET_DIR") or ROOT / "target").absolute() / "tools/ansible"
# `ansible` carries the collection for Hetzner, so that nothing comes from elsewhere than the Python index.
PINNED = ("ansible==12.3.0", "ansible-core==2.19.14", "ansible-lint==26.10.1")
PLAYBOOKS = ("site", "verify", "upgrade", "restore", "provision")
DEBIAN = ("nftables", "openssh-server", "python3", "python3-apt", "unattended-upgrades")
# From a fresh machine to a search that answers, in seconds.
BAR = 300
QUESTION = "Rust developer in Berlin"
SEARCH = ("curl -sS -H 'Authorization: Bearer {token}' -H 'Content-Type: application/json' "
          f"-d '{{{{\"query\":\"{QUESTION}\"}}}}' http://127.0.0.1/api/v1/search")


def tools():
    """Installs the pinned versions, once."""
    stamp = TOOLS / "pinned"
    if not (stamp.exists() and stamp.read_text() == "\n".join(PINNED)):
        subprocess.run([sys.executable, "-m", "venv", TOOLS], check=True)
        subprocess.run([TOOLS / "bin/pip", "install", "--quiet", "--disable-pip-version-check", *PINNED], check=True)
        stamp.write_text("\n".join(PINNED))


def call(*command, check=True):
    """Runs one of the tools where the playbooks are; answers its exit code and what it said."""
    environment = dict(os.environ, PATH=f"{TOOLS / 'bin'}:{os.environ['PATH']}", NO_COLOR="1", ANSIBLE_NOCOLOR="1")
    done = subprocess.run([str(part) for part in command], cwd=ANSIBLE, env=environment, stdin=subprocess.DEVNULL,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False)
    if check and done.returncode != 0:
        raise Broken(f"{' '.join(map(str, command))}:\n{done.stdout[-4000:]}")
    return done.returncode, done.stdout


def lint_and_syntax():
    """What needs no machine; answers how many checks there were."""
    call("ansible-lint", "--offline")
    for playbook in PLAYBOOKS:
        call("ansible-playbook", "--syntax-check", "-i", "localhost,", f"{playbook}.yml")
    print(f"lint at the production profile, syntax of {len(PLAYBOOKS)} playbooks: ok", flush=True)
    return 1 + len(PLAYBOOKS)


def share(suite, repository, folder):
    """The packages that a machine installs from: Debian's as fetched with its image, and the repository."""
    packages = sorted({*dependencies(), *DEBIAN})
    debian = folder / "debian"
    debian.mkdir()
    for package in (image(suite, packages) / "var/cache/apt/archives").glob("*.deb"):
        shutil.copy(package, debian)
    index = subprocess.run(["apt-ftparchive", "packages", "."], cwd=debian, capture_output=True, check=True).stdout
    (debian / "Packages").write_bytes(index)
    shutil.copytree(repository, folder / "apt")
    return packages


class Playbook:
    """The tests, in the order in which they use one machine."""

    def __init__(self, machine, folder):
        self.machine, self.folder = machine, folder
        network = f"198.18.{os.getpid() % 250}"
        self.address, self.here = f"{network}.2", f"{network}.1"
        self.token = ""

    def connect(self):
        """A cable, sshd and a key: what a provider's fresh machine has. And sources that need no network."""
        leader, cable = self.machine.leader(), f"tp{os.getpid()}"
        for command in (f"ip link add {cable} type veth peer name eth0 netns {leader}",
                        f"ip address add {self.here}/30 dev {cable}", f"ip link set {cable} up"):
            subprocess.run(command.split(), check=True)
        self.machine.run(f"ip address add {self.address}/30 dev eth0; ip link set eth0 up; ip link set lo up; "
                         "apt-get -qq -y install openssh-server python3 >/dev/null; "
                         "rm -rf /etc/apt/sources.list /etc/apt/sources.list.d/*; "
                         "echo 'deb [trusted=yes] file:/srv/share/debian ./' >/etc/apt/sources.list")
        key = self.folder / "key"
        subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", key], check=True)
        home = self.machine.root / "root/.ssh"
        home.mkdir(mode=0o700, exist_ok=True)
        shutil.copy(f"{key}.pub", home / "authorized_keys")
        sources = (self.folder / "share/apt/talentprompt.sources").read_text()
        armored = re.search(r"-----BEGIN.*-----END[^\n]*", sources, re.S)[0]
        (self.folder / "apt.asc").write_text(re.sub(r"^ \.?", "", armored, flags=re.M))
        (self.folder / "inventory.yml").write_text(f"""
all:
  hosts:
    appliance:
      ansible_host: {self.address}
      ansible_user: root
      ansible_ssh_private_key_file: {key}
      ansible_ssh_common_args: -o StrictHostKeyChecking=no -o UserKnownHostsFile=/dev/null -o ConnectTimeout=5
      talentprompt_apt_url: file:/srv/share/apt
      talentprompt_apt_key: "{{{{ lookup('ansible.builtin.file', '{self.folder}/apt.asc') }}}}"
      talentprompt_settings: {{intake: {{default_country: DE}}, server: {{public_url: "http://talent.example"}}}}
      talentprompt_credentials: {{vector.api_key: a secret of a test}}
""")

    def play(self, playbook, *options, check=True):
        """Runs a playbook; answers how many tasks changed something, -1 when it failed, and what it said."""
        inventory = self.folder / "inventory.yml"
        code, said = call("ansible-playbook", "-i", inventory, f"{playbook}.yml", *options, check=check)
        return int(re.search(r"changed=(\d+)", said)[1]) if code == 0 else -1, said

    def unchanged(self, playbook, *options):
        """Runs a playbook that must find nothing to do."""
        changed, said = self.play(playbook, *options)
        expect(changed == 0, "\n".join(re.findall(r"^TASK.*\n(?:ok.*\n|skip.*\n)*changed.*", said, re.M)))

    def reached(self, port):
        """Whether a port can be reached from outside."""
        try:
            socket.create_connection((self.address, port), timeout=2).close()
            return True
        except OSError:
            return False

    def logs_in(self):
        """Whether a new login works."""
        code, _ = call("ansible", "-i", self.folder / "inventory.yml", "all", "-m", "ansible.builtin.ping",
                       "-e", "ansible_ssh_args='-o ControlMaster=no -o ControlPath=none'", check=False)
        return code == 0

    def a_check_of_a_fresh_machine_changes_nothing(self):
        before = self.machine.run("dpkg --list; find /etc -newer /root/.ssh/authorized_keys -type f")
        self.play("site", "--check")
        expect(self.machine.run("dpkg --list; find /etc -newer /root/.ssh/authorized_keys -type f") == before, "it did")

    def a_fresh_machine_answers_a_search_in_time(self):
        started = time.monotonic()
        self.play("site")
        self.machine.run("talentprompt users create --workspace Test --name Olga --role owner olga@example.com")
        told = self.machine.run("talentprompt tokens create --name test olga@example.com")
        self.token = re.search(r"tp_\S+", told)[0]
        expect('"hits"' in self.machine.run(SEARCH.format(token=self.token)), "the search does not answer")
        took = time.monotonic() - started
        print(f"from a fresh machine to a search that answers: {took:.0f} s", flush=True)
        expect(took <= BAR, f"{took:.0f} s, at most {BAR}")

    def a_second_run_changes_nothing(self):
        self.unchanged("site")
        self.unchanged("site", "--check")

    def the_result_is_verified(self):
        self.unchanged("verify")

    def only_its_ports_are_reached_from_outside(self):
        self.machine.run("systemd-run --quiet --unit=stranger python3 -m http.server 9000")
        wait("the stranger listens", lambda: self.machine.run("ss -Hltn 'sport = 9000'"))
        expect([self.reached(port) for port in (22, 80, 9000)] == [True, True, False], "the firewall")
        changed, said = self.play("verify", check=False)
        expect(changed == -1 and "9000" in said, "an open port is not noticed")
        self.machine.run("systemctl stop stranger")

    def secrets_are_handed_over_and_not_shown(self):
        secret = '{"talentprompt_credentials":{"vector.api_key":"canary"}}'
        (self.folder / "secret.json").write_text(secret)
        changed, said = self.play("site", "-vvv", "--diff", "-e", f"@{self.folder}/secret.json")
        expect(changed == 2, f"{changed} changes: the secret and the restart")
        expect("canary" not in said, "the secret is shown")
        expect(self.machine.run("cat /etc/talentprompt/credentials/vector.api_key") == "canary", "it is not written")

    def a_changed_setting_restarts_the_program_and_not_its_port(self):
        units = ("talentprompt.socket", "talentprompt-postgres.service", "talentprompt.service")
        before = [self.machine.run(f"systemctl show -P InvocationID {unit}") for unit in units]
        self.play("site", "-e", '{"talentprompt_settings":{"log":{"level":"debug"}}}')
        after = [self.machine.run(f"systemctl show -P InvocationID {unit}") for unit in units]
        expect([a == b for a, b in zip(before, after)] == [True, True, False], (before, after))

    def a_wrong_setting_is_refused_and_the_old_ones_stay(self):
        before = self.machine.run("cat /etc/talentprompt/talentprompt.toml")
        changed, said = self.play("site", "-e", '{"talentprompt_settings":{"log":{"levle":"debug"}}}', check=False)
        expect(changed == -1 and "levle" in said, said[-2000:])
        expect(self.machine.run("cat /etc/talentprompt/talentprompt.toml") == before, "it was written")

    def it_moves_to_another_port_and_back(self):
        other = ("-e", '{"talentprompt_listen":"[::]:8080","firewall_web_ports":[8080]}')
        self.play("site", *other)
        expect([self.reached(80), self.reached(8080)] == [False, True], "it did not move")
        self.unchanged("verify", *other)
        self.play("site")
        expect([self.reached(80), self.reached(8080)] == [True, False], "it did not move back")

    def it_serves_https_and_behind_cloudflare_nobody_else_comes_in(self):
        settings = ('"talentprompt_tls_mode":"acme","talentprompt_tls_domains":["talent.example.com"],'
                    '"talentprompt_settings":{"tls":{"directory":"https://localhost:1/dir"}}')
        self.play("site", "-e", f"{{{settings}}}")
        expect([self.reached(80), self.reached(443)] == [True, True], "a port cannot be reached")
        self.unchanged("site", "-e", f"{{{settings}}}")
        self.unchanged("verify", "-e", f"{{{settings}}}")
        self.play("site", "-e", f'{{{settings},"talentprompt_behind_cloudflare":true}}')
        expect([self.reached(80), self.reached(443)] == [False, False], "others than Cloudflare come in")
        told = self.machine.run("talentprompt config show")
        expect('server.trusted_proxies = ["cloudflare"]' in told, told)
        self.play("site")
        expect([self.reached(80), self.reached(443)] == [True, False], "it did not go back")

    def what_would_lock_out_is_taken_back(self):
        for role, settings in (("sshd", '"sshd_allow_users":["nobody"],"sshd_way_back":"8s"'),
                               ("firewall", '"firewall_ssh_from":["192.0.2.0/24"],"firewall_way_back":"8s"')):
            expect(self.play("site", "-e", f"{{{settings}}}", check=False)[0] == -1, f"{role}: nobody noticed")
            wait(f"{role}: it is taken back", self.logs_in)
        self.play("site")
        self.unchanged("verify")

    def an_upgrade_without_anything_new_changes_nothing(self):
        self.unchanged("upgrade")

    def a_backup_is_restored_when_somebody_confirms(self):
        made = json.loads(self.machine.run("talentprompt backup create --json 2>/dev/null"))["id"]
        changed, said = self.play("restore", check=False)
        expect(changed == -1 and made in said, said[-2000:])
        changed, said = self.play("restore", "-e", f"restore_backup={made}", check=False)
        expect(changed == -1 and "Nothing was changed" in said, said[-2000:])
        self.machine.run("talentprompt users create --name Late --role viewer late@example.com")
        self.play("restore", "-e", f"restore_backup={made}", "-e", "restore_confirm=true")
        expect("late@" not in self.machine.run("talentprompt users list"), "what came later is still there")

    def it_is_all_there_after_a_reboot(self):
        self.machine.reboot()
        self.machine.run("ip link set lo up; nft list table inet talentprompt")
        wait("a search answers", lambda: '"hits"' in self.machine.run(SEARCH.format(token=self.token), check=False))


def try_suite(suite, repository):
    """Runs every test on one machine; the first that fails ends it, for each builds on those before."""
    tests = [name for name in vars(Playbook) if name.count("_") > 2 and not name.startswith("_")]
    with tempfile.TemporaryDirectory(prefix="talentprompt-playbook-") as folder:
        folder = Path(folder)
        (folder / "share").mkdir()
        packages = share(suite, repository, folder / "share")
        with Machine(suite, packages, folder / "share") as machine:
            playbook = Playbook(machine, folder)
            playbook.connect()
            for number, name in enumerate(tests):
                started = time.monotonic()
                try:
                    getattr(playbook, name)()
                except (Broken, TypeError, ValueError, subprocess.CalledProcessError) as reason:
                    print(f"{suite}: FAILED {name.replace('_', ' ')}: {reason}", flush=True)
                    return number, len(tests) - number
                print(f"{suite}: ok {name.replace('_', ' ')} ({time.monotonic() - started:.0f} s)", flush=True)
    return len(tests), 0


def main():
    parser = argparse.ArgumentParser(description="Makes appliances of booted Debian machines with the playbook.")
    parser.add_argument("--repository", type=Path, metavar="DIR", help="what `make apt-repo` made; without, only lint")
    parser.add_argument("suites", nargs="*", default=SUITES, metavar="SUITE", help=f"of {', '.join(SUITES)}")
    arguments = parser.parse_args()
    tools()
    passed, failed = lint_and_syntax(), 0
    if arguments.repository is None or (reason := missing()):
        print(f"machines are left out: {reason if arguments.repository else 'no repository is named'}")
        arguments.suites = ()
    for suite in arguments.suites:
        good, bad = try_suite(suite, arguments.repository.resolve())
        passed, failed = passed + good, failed + bad
    print(f"{passed} passed, {failed} failed", flush=True)
    return int(failed > 0)


if __name__ == "__main__":
    sys.exit(main())
