//! What the kernel must have for documents to be read in a cage, and for the limits to hold.

use std::path::Path;

use rustix::process::{Resource, getrlimit};

use super::{Finding, text};

pub(super) fn checks() -> Vec<Finding> {
    vec![
        version(rustix::system::uname().release().to_string_lossy().as_ref()),
        landlock(&text("/sys/kernel/security/lsm")),
        seccomp(&text("/proc/sys/kernel/seccomp/actions_avail")),
        namespaces(&text("/proc/sys/user/max_user_namespaces")),
        controllers(&text("/sys/fs/cgroup/cgroup.controllers")),
        descriptors(),
        overcommit(text("/proc/sys/vm/overcommit_memory").trim()),
    ]
}

fn version(release: &str) -> Finding {
    let mut numbers = release.split(['.', '-']).map(|part| part.parse::<u32>().unwrap_or_default());
    let version = (numbers.next().unwrap_or_default(), numbers.next().unwrap_or_default());
    let means = "Landlock came with 5.13: documents would be read with one wall less";
    Finding::expect(version >= (5, 13), "kernel", release, means, "use Debian's kernel of release 12 or later")
}

fn landlock(modules: &str) -> Finding {
    const NAME: &str = "landlock";
    if modules.is_empty() {
        return Finding::ok(NAME, "the list of security modules cannot be seen; the check `documents` tries it");
    }
    let means = "the reader of documents could see files that are not its own";
    let todo = "add landlock to the kernel's option lsm=, in /etc/default/grub, then: update-grub && reboot";
    Finding::expect(modules.split(',').any(|name| name.trim() == "landlock"), NAME, modules.trim(), means, todo)
}

fn seccomp(actions: &str) -> Finding {
    const NAME: &str = "seccomp";
    if actions.is_empty() {
        return Finding::ok(NAME, "the kernel does not show it here; the check `documents` tries it");
    }
    let means = "the reader of documents could use every system call";
    Finding::expect(actions.contains("kill_process"), NAME, actions.trim(), means, "use Debian's own kernel")
}

fn namespaces(most: &str) -> Finding {
    const NAME: &str = "user namespaces";
    match most.trim().parse::<u64>() {
        Err(_) => Finding::ok(NAME, "the kernel does not show them here; the check `documents` tries them"),
        Ok(most) => Finding::expect(
            most > 0,
            NAME,
            format!("at most {most}"),
            "the reader of documents is kept from the network by seccomp and Landlock alone",
            "sysctl -w user.max_user_namespaces=10000",
        ),
    }
}

fn controllers(names: &str) -> Finding {
    const NAME: &str = "cgroups";
    if names.trim().is_empty() {
        let unified = Path::new("/sys/fs/cgroup/unified").exists() || Path::new("/sys/fs/cgroup/memory").exists();
        let saw = if unified { "the old hierarchy" } else { "cannot be seen" };
        return Finding::ok(NAME, saw);
    }
    let has = |wanted: &str| names.split_whitespace().any(|name| name == wanted);
    let means = "the limits of memory and processor in the units do nothing";
    let todo = "remove cgroup_disable= from the kernel's options in /etc/default/grub, then: update-grub && reboot";
    Finding::expect(has("memory") && has("cpu"), NAME, names.trim(), means, todo)
}

fn descriptors() -> Finding {
    let limit = getrlimit(Resource::Nofile).maximum.unwrap_or(u64::MAX);
    let saw = format!("at most {limit} open files");
    Finding::expect(limit >= 4_096, "open files", saw, "many connections at once are refused", "ulimit -n 65536")
}

fn overcommit(mode: &str) -> Finding {
    let means = "Redis cannot save itself while memory is short: its copy counts twice";
    let todo = "sysctl -w vm.overcommit_memory=1, and the same line in /etc/sysctl.d/talentprompt.conf";
    Finding::expect(mode != "2", "overcommit", if mode.is_empty() { "not shown here" } else { mode }, means, todo)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ops::doctor::Level;

    #[test]
    fn an_old_kernel_or_one_without_its_walls_is_told() {
        assert_eq!(version("6.1.0-18-amd64").level, Level::Ok);
        assert_eq!(version("5.10.0-28-amd64").level, Level::Warning);
        assert_eq!(landlock("capability,landlock,yama").level, Level::Ok);
        assert_eq!(landlock("capability,yama").level, Level::Warning);
        assert_eq!(namespaces("0\n").level, Level::Warning);
        assert_eq!(controllers("cpuset cpu io memory pids\n").level, Level::Ok);
        assert_eq!(controllers("cpuset pids\n").level, Level::Warning);
    }
}
