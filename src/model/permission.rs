//! Roles of members and what each may do.

use serde::{Deserialize, Serialize};

/// A member's role in a workspace. Ordered: a later role may do all that an earlier one may.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum Role {
    /// Reads everything, changes nothing.
    Viewer,
    /// Works with candidates and resumes.
    Recruiter,
    /// Also manages members.
    Owner,
}

impl Role {
    /// The name on the wire and in the database.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Viewer => "viewer",
            Self::Recruiter => "recruiter",
            Self::Owner => "owner",
        }
    }
}

impl std::str::FromStr for Role {
    type Err = String;

    fn from_str(name: &str) -> Result<Self, Self::Err> {
        [Self::Viewer, Self::Recruiter, Self::Owner]
            .into_iter()
            .find(|role| role.as_str() == name)
            .ok_or_else(|| format!("`{name}` is no role: use viewer, recruiter or owner"))
    }
}
