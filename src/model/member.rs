//! A member: a user in a workspace, with a role.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use super::ids::{MemberId, UserId, WorkspaceId};
use super::permission::Role;

/// Whether a member can sign in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum Standing {
    /// Yes.
    Active,
    /// Not before they have opened their invitation and set a password.
    Invited,
    /// No: an owner shut them out.
    Disabled,
}

impl Standing {
    /// The name on the wire.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Active => "active",
            Self::Invited => "invited",
            Self::Disabled => "disabled",
        }
    }
}

/// A user in a workspace.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Member {
    /// The membership's id.
    pub id: MemberId,
    /// The workspace.
    pub workspace_id: WorkspaceId,
    /// The workspace's name.
    pub workspace_name: String,
    /// The user.
    pub user_id: UserId,
    /// The user's name.
    pub name: String,
    /// The user's e-mail.
    pub email: String,
    /// What they may do.
    pub role: Role,
    /// Whether they can sign in.
    #[serde(rename = "status")]
    pub standing: Standing,
    /// Since when.
    pub created_at: DateTime<Utc>,
    /// When they last did something here, to the minute.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last_seen_at: Option<DateTime<Utc>>,
}

#[cfg(test)]
mod tests {
    use super::Standing;

    #[test]
    fn a_standing_is_called_the_same_everywhere() {
        for standing in [Standing::Active, Standing::Invited, Standing::Disabled] {
            assert_eq!(serde_json::to_value(standing).unwrap(), standing.as_str());
        }
    }
}
