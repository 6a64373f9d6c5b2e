//! An upgrade of the program that failed, so that the version before it serves.

use serde::Serialize;

/// A failed upgrade.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct FailedUpgrade {
    /// The version that could not take over.
    pub version: String,
    /// The version that serves instead.
    pub serving: String,
    /// Why, in the words of the version that could not take over.
    pub reason: String,
}

impl FailedUpgrade {
    /// What to type once the reason is mended.
    pub const TODO: &str = "mend that, then: apt install -f; or install a later version, which tries again";

    /// Reads the notice that the package leaves: a line each for the two versions, the rest is the reason.
    pub fn of(notice: &str) -> Option<Self> {
        let mut parts = notice.trim().splitn(3, '\n').map(|part| part.trim().to_owned());
        Some(Self { version: parts.next()?, serving: parts.next()?, reason: parts.next()? })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_notice_is_read_and_half_a_notice_is_none() {
        let failed = FailedUpgrade::of("0.3.0\n0.2.0\nmigration 4: no\nand more\n").unwrap();
        assert_eq!((failed.version.as_str(), failed.serving.as_str()), ("0.3.0", "0.2.0"));
        assert_eq!(failed.reason, "migration 4: no\nand more");
        assert_eq!(FailedUpgrade::of("0.3.0\n0.2.0\n"), None);
    }
}
