//! The unprivileged account that services run under when we are root, because Postgres refuses root and Redis
//! does not need it. As an ordinary user everything runs as that user.

use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::Path;

use super::error::Error;

/// A user of this machine.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Account {
    pub(super) uid: u32,
    pub(super) gid: u32,
}

impl Account {
    /// The account to run a service as whose data are in `directory`: this process's own, unless it is root's.
    /// Root takes the owner of data that are already there, else `postgres`, else `nobody`.
    pub(super) fn for_directory(directory: &Path) -> Result<Self, Error> {
        let us = Self { uid: rustix::process::geteuid().as_raw(), gid: rustix::process::getegid().as_raw() };
        if us.uid != 0 {
            return Ok(us);
        }
        if let Ok(data) = fs::metadata(directory)
            && data.uid() != 0
        {
            return Ok(Self { uid: data.uid(), gid: data.gid() });
        }
        let users = fs::read_to_string("/etc/passwd").map_err(Error::io("read", Path::new("/etc/passwd")))?;
        ["postgres", "nobody"].iter().find_map(|name| named(&users, name)).ok_or(Error::NoAccount)
    }

    /// The options of `setpriv` that turn root into this account; none when it is this process's own.
    pub(super) fn setpriv_options(&self) -> Vec<String> {
        if rustix::process::geteuid().as_raw() == self.uid {
            return Vec::new();
        }
        vec![format!("--reuid={}", self.uid), format!("--regid={}", self.gid), "--clear-groups".to_owned()]
    }
}

/// The name of a user for a message, or the number when the machine does not know it.
pub(super) fn name_of(uid: u32) -> String {
    let users = fs::read_to_string("/etc/passwd").unwrap_or_default();
    users
        .lines()
        .map(|line| line.split(':').collect::<Vec<_>>())
        .find(|fields| fields.get(2).is_some_and(|field| *field == uid.to_string()))
        .map_or_else(|| format!("user {uid}"), |fields| format!("`{}`", fields[0]))
}

/// Looks a user up in the text of a passwd file (passwd(5): name, password, uid, gid, …).
fn named(users: &str, name: &str) -> Option<Account> {
    users
        .lines()
        .map(|line| line.split(':').collect::<Vec<_>>())
        .find(|fields| fields[0] == name)
        .and_then(|fields| Some(Account { uid: fields.get(2)?.parse().ok()?, gid: fields.get(3)?.parse().ok()? }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_user_is_found_by_its_whole_name() {
        let users = "postgresql:x:1:1::/:/bin/sh\npostgres:x:101:104:admin:/var/lib/postgresql:/bin/bash\n";
        assert_eq!(named(users, "postgres"), Some(Account { uid: 101, gid: 104 }));
        assert_eq!(named(users, "nobody"), None);
        assert_eq!(named("broken\n\npostgres:x:many:1\n", "postgres"), None);
    }
}
