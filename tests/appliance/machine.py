"""A throw-away Debian with systemd as process 1, in systemd-nspawn: no network, its packages fetched beforehand.

Needs root and what `REQUIRED` names; touches nothing but its own folder and its own control groups. A machine ends
with the process that started it.
"""
import ctypes
import fcntl
import hashlib
import os
import re
import shlex
import shutil
import signal
import struct
import subprocess
import time
from pathlib import Path

REQUIRED = ("mmdebstrap", "systemd-nspawn", "nsenter", "setpriv")
ALWAYS = "systemd,systemd-sysv,dbus,libpam-systemd,ca-certificates,curl,iproute2,procps"
CONTROLLERS = ("", "name=systemd", "memory", "cpu", "cpu,cpuacct", "pids", "devices")
HOME = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "talentprompt-appliance"
# FS_IOC_SHUTDOWN: nothing more reaches the disk, its own journal neither.
SHUTDOWN, WITHOUT_FLUSH = 0x8004587D, 2
NEW_MOUNTS = 0x20000
# Our own part of the version 1 controllers comes mounted read-only; limits need it writable.
INIT = """#!/bin/sh
for one in memory cpu cpu,cpuacct pids devices; do
  [ ! -d /sys/fs/cgroup/$one ] || mount -o remount,bind,rw /sys/fs/cgroup/$one
done
exec /lib/systemd/systemd "$@"
"""


class Broken(Exception):
    """The machine did not do what it should; the text says what."""


def missing():
    """What keeps machines from running here, in words; nothing when they run."""
    if os.geteuid() != 0:
        return "it needs root"
    if absent := [name for name in REQUIRED if shutil.which(name) is None]:
        return f"not installed: {', '.join(absent)}"
    if subprocess.run(["unshare", "-m", "-p", "-f", "true"], capture_output=True, check=False).returncode != 0:
        return "this container may not make namespaces"
    return "" if os.access("/sys/fs/cgroup", os.W_OK) else "this container may not make control groups"


def mirrors(suite):
    """The sources of a suite, from the mirrors that this machine uses."""
    files = [Path("/etc/apt/sources.list"), *Path("/etc/apt/sources.list.d").glob("*")]
    text = "\n".join(path.read_text(errors="replace") for path in files if path.is_file())
    urls = re.findall(r"^[^#\n]*?\b(https?://\S+)", text, re.M)
    main = next((url for url in urls if re.search(r"/debian/?$", url)), "http://deb.debian.org/debian")
    security = next((url for url in urls if re.search(r"/debian-security/?$", url)), "http://deb.debian.org/debian-security")
    return [f"deb {main} {suite} main", f"deb {main} {suite}-updates main", f"deb {security} {suite}-security main"]


# Fetches what the next release has of the same packages, with its lists beside those of this one: the hook's words are
# the root, and the sources. The archive of what is fetched is one.
NEXT = """cd "$1"
mkdir -p var/lib/apt/lists.next/partial
printf '%s\\n' "$2" >etc/apt/sources.next
export APT_CONFIG="$MMDEBSTRAP_APT_CONFIG"
apt() { apt-get -qq -y -o APT::Install-Recommends=true -o Dir::Etc::SourceList="$1" -o Dir::Etc::SourceParts=/dev/null \\
  -o Dir::State::Lists="$2" "$3" ${4-}; }
next() { apt "$PWD/etc/apt/sources.next" "$PWD/var/lib/apt/lists.next" "$@"; }
next update
next dist-upgrade --download-only
next install "--download-only $3"
"""


def image(suite, packages, after=None):
    """The folder of a fresh system with `packages` fetched but not installed; built once. With those of the release
    `after` it as well, where one is named."""
    fetch = ('APT_CONFIG="$MMDEBSTRAP_APT_CONFIG" apt-get -qq -y -o APT::Install-Recommends=true install --download-only '
             + " ".join(packages))
    hooks = [fetch]
    if after:
        words = (NEXT, "next", '"$1"', "\n".join(mirrors(after)), " ".join(packages))
        quoted = [word if word == '"$1"' else shlex.quote(word) for word in words]
        hooks.append("sh -euc " + " ".join(quoted))
    key = hashlib.sha256(f"{ALWAYS} {fetch} {INIT} {after and NEXT}".encode()).hexdigest()[:12]
    kind = f"{suite}-{after}" if after else suite
    ready = HOME / f"{kind}-{key}"
    if ready.exists():
        return ready
    HOME.mkdir(parents=True, exist_ok=True)
    for old in HOME.glob(f"{kind}-*"):
        if re.fullmatch(rf"{kind}-([0-9a-f]{{12}}|making)", old.name):
            shutil.rmtree(old)
    making = HOME / f"{kind}-making"
    configuration = subprocess.run(["apt-config", "dump"], capture_output=True, text=True, check=True).stdout
    proxies = re.findall(r"^Acquire::https?::Proxy .*$", configuration, re.M)
    command = ["mmdebstrap", "--quiet", "--mode=root", "--variant=minbase", f"--include={ALWAYS}",
               "--dpkgopt=force-unsafe-io", *(f"--aptopt={line}" for line in proxies),
               '--aptopt=Acquire::Languages "none"', "--skip=cleanup/apt", *(f"--customize-hook={hook}" for hook in hooks),
               suite, str(making), *mirrors(suite)]
    built = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False)
    if built.returncode != 0:
        raise Broken(f"the image of {suite} could not be built:\n{built.stderr[-2000:]}")
    (making / "etc/machine-id").write_text("")
    (making / "var/log/journal").mkdir(exist_ok=True)
    (making / "sbin/init-with-limits").write_text(INIT)
    (making / "sbin/init-with-limits").chmod(0o755)
    for timer in ("apt-daily", "apt-daily-upgrade", "dpkg-db-backup", "e2scrub_all", "fstrim"):
        (making / f"etc/systemd/system/{timer}.timer").symlink_to("/dev/null")
    making.rename(ready)
    return ready


def own_mounts():
    """What this process mounts from now on is seen by nobody else, and goes with it."""
    if ctypes.CDLL(None).unshare(NEW_MOUNTS) != 0:
        raise Broken("this container may not make mounts")
    subprocess.run(["mount", "--make-rprivate", "/"], check=True)


def own_groups(name):
    """Makes a control group in each hierarchy, below the one we are in."""
    groups = []
    for line in Path("/proc/self/cgroup").read_text().splitlines():
        _, controllers, path = line.split(":", 2)
        if controllers not in CONTROLLERS:
            continue
        place = controllers.removeprefix("name=") or ("unified" if Path("/sys/fs/cgroup/unified").is_dir() else "")
        base = Path("/sys/fs/cgroup") / place
        group = (base / path.lstrip("/") if (base / path.lstrip("/")).is_dir() else base) / name
        group.mkdir(exist_ok=True)
        groups.append(group)
    return groups


class Machine:
    """One booted machine: a copy of an image, on a disk of its own where its power is to be cut."""

    def __init__(self, suite, packages, share, disk=False, after=None, role="appliance"):
        self.name = f"{role}-{suite}-{os.getpid()}"
        self.suite = suite
        self.root = HOME / self.name
        self.share = share
        self.log = HOME / f"{self.name}.log"
        self.process = None
        self.groups = []
        self.disk = HOME / f"{self.name}.disk" if disk else None
        fresh = image(suite, packages, after)
        self.root.mkdir()
        if self.disk:
            own_mounts()
            self.disk.touch()
            os.truncate(self.disk, 8 << 30)
            subprocess.run(["mkfs.ext4", "-q", "-F", "-m", "0", self.disk], check=True)
            self.mount()
        subprocess.run(["cp", "-a", "--reflink=auto", f"{fresh}/.", self.root], check=True)
        (self.root / "etc/hostname").write_text("appliance\n")

    def __enter__(self):
        self.boot()
        return self

    def __exit__(self, *_):
        self.kill()
        if self.disk:
            self.unmount()
            self.disk.unlink()
        shutil.rmtree(self.root)
        self.log.unlink(missing_ok=True)

    def mount(self):
        """Brings its disk in, as a kernel does that finds one whose power was cut."""
        subprocess.run(["mount", "-o", "loop", self.disk, self.root], check=True)

    def unmount(self):
        """Takes its disk out; what was killed takes a moment to leave it."""
        for _ in range(100):
            if subprocess.run(["umount", self.root], capture_output=True, check=False).returncode == 0:
                return
            time.sleep(0.1)
        raise Broken(f"{self.root} stays in use")

    def cut_power(self):
        """The disk stops first, so that what was not yet synced is lost; then everything ends, and is booted again."""
        disk = os.open(self.root, os.O_RDONLY)
        fcntl.ioctl(disk, SHUTDOWN, struct.pack("I", WITHOUT_FLUSH))
        os.close(disk)
        self.kill()
        self.unmount()
        self.mount()
        return self.boot()

    def boot(self):
        """Starts it and waits until all units are started; answers how long that took."""
        self.groups = own_groups(self.name)

        def enter_groups():
            for group in self.groups:
                (group / "cgroup.procs").write_text(str(os.getpid()))

        # Landlock and filters of network addresses are what the appliance's cage is made of.
        calls = "bpf landlock_create_ruleset landlock_add_rule landlock_restrict_self"
        legacy = ["systemd.unified_cgroup_hierarchy=0", "SYSTEMD_CGROUP_ENABLE_LEGACY_FORCE=1"]
        # When we are killed it is told to shut the machine down; killed itself it would leave it running.
        command = ["setpriv", "--pdeathsig", "TERM", "--", "systemd-nspawn", "--quiet", "-D", self.root,
                   "-M", self.name, "--hostname=appliance", "--kill-signal=SIGRTMIN+3", "--register=no",
                   "--keep-unit", "--private-network", "--resolv-conf=off", "--timezone=off", "--link-journal=no",
                   "--console=read-only", f"--bind-ro={self.share}:/srv/share",
                   "--capability=CAP_NET_ADMIN,CAP_IPC_LOCK,CAP_BPF,CAP_PERFMON", f"--system-call-filter={calls}",
                   "/sbin/init-with-limits", *(legacy if Path("/sys/fs/cgroup/unified").is_dir() else [])]
        started = time.monotonic()
        with open(self.log, "a", encoding="utf-8") as log:
            self.process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                                            preexec_fn=enter_groups)
        while self.state() not in ("running", "degraded"):
            if self.process.poll() is not None or time.monotonic() - started > 120:
                raise Broken(f"{self.name} does not boot:\n{self.log.read_text(errors='replace')[-2000:]}")
            time.sleep(0.2)
        return time.monotonic() - started

    def leader(self):
        """Process 1 of the machine, as seen from here; None before there is one."""
        def children(pid):
            try:
                return Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
            except OSError:
                return []
        for child in children(self.process.pid):
            for grandchild in [child, *children(child)]:
                try:
                    ids = re.search(r"^NSpid:\s+(.*)$", Path(f"/proc/{grandchild}/status").read_text(), re.M)[1].split()
                except OSError:
                    continue
                if len(ids) > 1 and ids[-1] == "1":
                    return grandchild
        return None

    def enter(self, *command, **options):
        """Runs a command in the machine's namespaces, as root with all of root's rights."""
        leader = self.leader()
        if leader is None:
            return subprocess.CompletedProcess(command, 1, "", "the machine does not run")
        full = ["nsenter", "-t", leader, "-m", "-u", "-i", "-n", "-p", "-C", "--", *command]
        return subprocess.run(full, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False, **options)

    def state(self):
        """What systemd says of itself."""
        try:
            return self.enter("systemctl", "is-system-running", timeout=10).stdout.strip()
        except subprocess.TimeoutExpired:
            return ""

    def run(self, script, check=True):
        """Runs a shell script as a unit of the machine; answers what it printed."""
        done = self.enter("systemd-run", "--quiet", "--wait", "--pipe", "--collect", "--service-type=exec",
                          "-EDEBIAN_FRONTEND=noninteractive", "-ELC_ALL=C.UTF-8", "-EHOME=/root", "--working-directory=/",
                          "--", "sh", "-euc", script.replace("$", "$$"))
        if check and done.returncode != 0:
            raise Broken(f"`{script}` ended with {done.returncode}:\n{(done.stdout + done.stderr)[-3000:]}")
        return (done.stdout + (done.stderr if check else "")).strip()

    def reboot(self, cold=False):
        """Shuts it down in order and boots it again, with nothing of a disk of its own in memory where it is to be cold;
        answers how long the boot took."""
        self.enter("systemctl", "--no-block", "poweroff")
        try:
            self.process.wait(90)
        except subprocess.TimeoutExpired as late:
            raise Broken("the machine does not shut down within 90 s") from late
        self.remove_groups()
        if cold:
            self.unmount()
            self.mount()
        return self.boot()

    def kill(self):
        """Ends it at once: with its process 1 ends all of it."""
        if self.process and self.process.poll() is None:
            os.kill(int(self.leader() or self.process.pid), signal.SIGKILL)
            self.process.wait()
        self.remove_groups()

    def remove_groups(self):
        """Removes our control groups; what is killed takes a moment to leave them."""
        for _ in range(100):
            for group in self.groups:
                for folder, _, _ in os.walk(group, topdown=False):
                    try:
                        os.rmdir(folder)
                    except OSError:
                        pass
            if not any(group.exists() for group in self.groups):
                return
            time.sleep(0.1)
