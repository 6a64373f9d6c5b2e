//! Whose backups are: an operator types as root, the timer's unit is the user `talentprompt`, and each must be able to
//! read and remove what the other made. So root becomes the owner of the data before anything is touched; what that
//! user may change can then not lead root to change something else either.

use std::io;
use std::os::unix::fs::MetadataExt;
use std::path::Path;

use nix::unistd::{Gid, Uid, User, setgid, setgroups, setuid};

/// Makes this process that of the owner of `data`, with the owner's groups; nothing happens where it is no root's.
pub fn become_owner(data: &Path) -> io::Result<()> {
    if !rustix::process::geteuid().is_root() {
        return Ok(());
    }
    let found = std::fs::metadata(data)?;
    if found.uid() == 0 {
        return Ok(());
    }
    let (user, group) = (Uid::from_raw(found.uid()), Gid::from_raw(found.gid()));
    // The socket of the database is open to a group.
    match User::from_uid(user)? {
        Some(known) => {
            let name = std::ffi::CString::new(known.name).map_err(io::Error::other)?;
            nix::unistd::initgroups(&name, group)?;
        }
        None => setgroups(&[group])?,
    }
    setgid(group)?;
    Ok(setuid(user)?)
}
