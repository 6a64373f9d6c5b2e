//! The cage the child locks itself into before it reads a byte. Layers are independent: each that the kernel, the
//! container or the unit forbids is named in the notes and the others still hold. Resource limits and
//! `no_new_privs` exist everywhere and are not optional.

use std::collections::BTreeMap;
use std::path::Path;

use landlock::{
    ABI, Access, AccessFs, AccessNet, Ruleset, RulesetAttr, RulesetCreatedAttr, RulesetStatus, Scope,
    path_beneath_rules,
};
use nix::libc;
use nix::sched::CloneFlags;
use rustix::process::{Resource, Rlimit, Signal, getrlimit, setrlimit};
use seccompiler::{
    BpfProgram, SeccompAction, SeccompCmpArgLen, SeccompCmpOp, SeccompCondition, SeccompFilter, SeccompRule, TargetArch,
};

use super::{ErrorCode, ExtractError, ExtractLimits};

/// Largest file the child or a program it starts may write, bytes: a page image of 3,000 pixels and a PDF at its
/// limit fit.
const FILE_BYTES: u64 = 64 << 20;
/// Open files; the readers need fewer than twenty.
const OPEN_FILES: u64 = 64;
/// Processes and threads of the child's own user namespace.
const PROCESSES: u64 = 32;
/// What the programs that read documents are made of: themselves, their libraries, fonts and language data.
const READABLE: [&str; 11] = [
    "/usr",
    "/bin",
    "/lib",
    "/lib64",
    "/etc/ld.so.cache",
    "/etc/alternatives",
    "/etc/fonts",
    "/var/cache/fontconfig",
    "/dev/urandom",
    "/dev/zero",
    "/proc/sys/vm/overcommit_memory",
];

/// Locks the calling process up; must be called before a second thread starts. Returns one note a layer:
/// its name where it holds, `without …: reason` where it does not.
pub(super) fn enter(limits: &ExtractLimits, directory: &Path) -> Result<Vec<String>, ExtractError> {
    let mut notes = Vec::new();
    limit_resources(limits).map_err(|error| locked_out("resource limits", error))?;
    notes.push("resource limits".to_owned());
    match nix::sched::unshare(CloneFlags::CLONE_NEWUSER | CloneFlags::CLONE_NEWNET | CloneFlags::CLONE_NEWIPC) {
        // Processes are counted in the new namespace alone, so the limit cannot hit the user's other processes.
        Ok(()) => {
            limit(Resource::Nproc, PROCESSES).map_err(|error| locked_out("the limit on processes", error))?;
            notes.push("own user, network and IPC namespaces".to_owned());
        }
        Err(error) => notes.push(format!("without namespaces: {error}")),
    }
    // A reader without the process that asked works for nobody. After the namespaces: a change of credentials forgets it.
    rustix::process::set_parent_process_death_signal(Some(Signal::KILL))
        .map_err(|error| locked_out("the end with its parent", error))?;
    rustix::thread::set_no_new_privs(true).map_err(|error| locked_out("no_new_privs", error))?;
    notes.push("no new privileges".to_owned());
    notes.push(restrict_files(directory).unwrap_or_else(|why| format!("without Landlock: {why}")));
    notes.push(match filter_calls() {
        Ok(()) => "seccomp".to_owned(),
        Err(why) => format!("without seccomp: {why}"),
    });
    Ok(notes)
}

fn locked_out(layer: &str, error: impl std::fmt::Display) -> ExtractError {
    ExtractError::new(ErrorCode::Crashed, format!("The document reader could not set {layer}: {error}."))
}

fn limit_resources(limits: &ExtractLimits) -> rustix::io::Result<()> {
    limit(Resource::As, limits.memory_bytes)?;
    limit(Resource::Cpu, limits.cpu_seconds)?;
    limit(Resource::Fsize, FILE_BYTES.max(limits.document_bytes))?;
    limit(Resource::Nofile, OPEN_FILES)?;
    limit(Resource::Core, 0)
}

/// Sets a limit, never above what the process was given.
fn limit(resource: Resource, wanted: u64) -> rustix::io::Result<()> {
    let value = getrlimit(resource).maximum.map_or(wanted, |hard| hard.min(wanted));
    setrlimit(resource, Rlimit { current: Some(value), maximum: Some(value) })
}

/// Landlock: system libraries to read and run, the temporary directory to write, nothing else; no TCP; no signals or
/// abstract sockets out of the cage.
fn restrict_files(directory: &Path) -> Result<String, String> {
    let abi = ABI::V6;
    let special =
        AccessFs::Execute | AccessFs::MakeChar | AccessFs::MakeBlock | AccessFs::MakeSock | AccessFs::IoctlDev;
    let apply = || {
        Ruleset::default()
            .handle_access(AccessFs::from_all(abi))?
            .handle_access(AccessNet::from_all(abi))?
            .scope(Scope::from_all(abi))?
            .create()?
            .add_rules(path_beneath_rules(READABLE, AccessFs::from_read(abi)))?
            .add_rules(path_beneath_rules(["/dev/null"], AccessFs::ReadFile | AccessFs::WriteFile))?
            .add_rules(path_beneath_rules([directory], AccessFs::from_all(abi) & !special))?
            .restrict_self()
    };
    match apply().map_err(|error| error.to_string())?.ruleset {
        RulesetStatus::FullyEnforced => Ok("Landlock".to_owned()),
        RulesetStatus::PartiallyEnforced => Ok("Landlock, as far as this kernel has it".to_owned()),
        RulesetStatus::NotEnforced => Err("this kernel does not have it".to_owned()),
    }
}

/// System calls that no document reader needs: sockets, other processes, mounts, namespaces, kernel interfaces with a
/// history of holes, and leaving the process group by which the parent kills.
const FORBIDDEN: [libc::c_long; 56] = [
    libc::SYS_socket,
    libc::SYS_socketpair,
    libc::SYS_connect,
    libc::SYS_bind,
    libc::SYS_listen,
    libc::SYS_accept,
    libc::SYS_accept4,
    libc::SYS_sendto,
    libc::SYS_sendmsg,
    libc::SYS_ptrace,
    libc::SYS_process_vm_readv,
    libc::SYS_process_vm_writev,
    libc::SYS_process_madvise,
    libc::SYS_pidfd_getfd,
    libc::SYS_kcmp,
    libc::SYS_unshare,
    libc::SYS_setns,
    libc::SYS_mount,
    libc::SYS_umount2,
    libc::SYS_pivot_root,
    libc::SYS_chroot,
    libc::SYS_fsopen,
    libc::SYS_fsmount,
    libc::SYS_fspick,
    libc::SYS_move_mount,
    libc::SYS_open_tree,
    libc::SYS_mount_setattr,
    libc::SYS_bpf,
    libc::SYS_perf_event_open,
    libc::SYS_userfaultfd,
    libc::SYS_io_uring_setup,
    libc::SYS_io_uring_enter,
    libc::SYS_io_uring_register,
    libc::SYS_add_key,
    libc::SYS_request_key,
    libc::SYS_keyctl,
    libc::SYS_kexec_load,
    libc::SYS_kexec_file_load,
    libc::SYS_init_module,
    libc::SYS_finit_module,
    libc::SYS_delete_module,
    libc::SYS_name_to_handle_at,
    libc::SYS_open_by_handle_at,
    libc::SYS_reboot,
    libc::SYS_swapon,
    libc::SYS_swapoff,
    libc::SYS_acct,
    libc::SYS_quotactl,
    libc::SYS_syslog,
    libc::SYS_settimeofday,
    libc::SYS_clock_settime,
    libc::SYS_clock_adjtime,
    libc::SYS_setsid,
    libc::SYS_setpgid,
    libc::SYS_memfd_create,
    libc::SYS_personality,
];

fn filter_calls() -> Result<(), String> {
    let mut rules: BTreeMap<i64, Vec<SeccompRule>> = FORBIDDEN.iter().map(|call| (*call, Vec::new())).collect();
    rules.insert(libc::SYS_clone, namespace_flags().map_err(|error| error.to_string())?);
    apply(rules, libc::EPERM)?;
    // A filter cannot look behind clone3's pointer; told that it does not exist, the C library uses clone.
    apply(BTreeMap::from([(libc::SYS_clone3, Vec::new())]), libc::ENOSYS)
}

/// One rule for each flag by which `clone` would make a namespace.
fn namespace_flags() -> Result<Vec<SeccompRule>, seccompiler::BackendError> {
    [
        libc::CLONE_NEWUSER,
        libc::CLONE_NEWNET,
        libc::CLONE_NEWNS,
        libc::CLONE_NEWPID,
        libc::CLONE_NEWIPC,
        libc::CLONE_NEWUTS,
        libc::CLONE_NEWCGROUP,
    ]
    .into_iter()
    .map(|flag| {
        let flag = u64::from(flag.unsigned_abs());
        SeccompCondition::new(0, SeccompCmpArgLen::Qword, SeccompCmpOp::MaskedEq(flag), flag)
            .and_then(|condition| SeccompRule::new(vec![condition]))
    })
    .collect()
}

fn apply(rules: BTreeMap<i64, Vec<SeccompRule>>, errno: libc::c_int) -> Result<(), String> {
    let refuse = SeccompAction::Errno(errno.unsigned_abs());
    let filter =
        SeccompFilter::new(rules, SeccompAction::Allow, refuse, architecture()).map_err(|error| error.to_string())?;
    let program: BpfProgram = filter.try_into().map_err(|error: seccompiler::BackendError| error.to_string())?;
    seccompiler::apply_filter(&program).map_err(|error| error.to_string())
}

const fn architecture() -> TargetArch {
    if cfg!(target_arch = "aarch64") {
        TargetArch::aarch64
    } else if cfg!(target_arch = "riscv64") {
        TargetArch::riscv64
    } else {
        TargetArch::x86_64
    }
}
