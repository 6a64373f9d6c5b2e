//! Members: users in a workspace, each with a role.

use chrono::{DateTime, Utc};

use super::{Error, Result, Tx};
use crate::model::ids::{MemberId, UserId, WorkspaceId};
use crate::model::member::{Member, Standing};
use crate::model::permission::Role;

/// Adds a member; a user is one member of a workspace (`members_user_key`).
pub async fn insert(
    tx: &mut Tx,
    id: MemberId,
    workspace: WorkspaceId,
    user: UserId,
    role: Role,
    now: DateTime<Utc>,
) -> Result<()> {
    sqlx::query!(
        "insert into members (id, workspace_id, user_id, role, created_at) values ($1, $2, $3, $4, $5)",
        id.0,
        workspace.0,
        user.0,
        role.as_str(),
        now
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}

macro_rules! members {
    ($tx:expr, $tail:literal $(, $arg:expr)*) => {
        sqlx::query_as!(Row, r#"select m.id, m.workspace_id, m.role, m.disabled_at, m.created_at, m.last_seen_at,
            u.id as user_id, u.email, u.name, (u.password_hash is not null) as "active!", w.name as workspace_name
            from members m join users u on u.id = m.user_id join workspaces w on w.id = m.workspace_id "# + $tail
            $(, $arg)*)
            .fetch_all($tx.conn())
            .await?
            .into_iter()
            .map(Member::try_from)
            .collect::<Result<Vec<_>>>()
    };
}

/// The members of a workspace, oldest first.
pub async fn list(tx: &mut Tx, workspace: WorkspaceId) -> Result<Vec<Member>> {
    members!(tx, "where m.workspace_id = $1 order by m.id", workspace.0)
}

/// Every member of every workspace, oldest first: for the operator's command line.
pub async fn list_all(tx: &mut Tx) -> Result<Vec<Member>> {
    members!(tx, "order by m.workspace_id, m.id")
}

/// One member of a workspace.
pub async fn get(tx: &mut Tx, workspace: WorkspaceId, id: MemberId) -> Result<Member> {
    members!(tx, "where m.workspace_id = $1 and m.id = $2", workspace.0, id.0)?.pop().ok_or(Error::NotFound)
}

/// A member by id alone: for sessions and tokens, which name one.
pub async fn by_id(tx: &mut Tx, id: MemberId) -> Result<Member> {
    members!(tx, "where m.id = $1", id.0)?.pop().ok_or(Error::NotFound)
}

/// The memberships of the user with this e-mail, the most recently seen first.
pub async fn by_email(tx: &mut Tx, email: &str) -> Result<Vec<Member>> {
    members!(tx, "where lower(u.email) = lower($1) order by m.last_seen_at desc nulls last, m.id", email)
}

/// Changes a member's role.
pub async fn set_role(tx: &mut Tx, id: MemberId, role: Role) -> Result<()> {
    sqlx::query!("update members set role = $2 where id = $1", id.0, role.as_str()).execute(tx.conn()).await?;
    Ok(())
}

/// Shuts a member out since `at`, or lets them in again.
pub async fn set_disabled(tx: &mut Tx, id: MemberId, at: Option<DateTime<Utc>>) -> Result<()> {
    sqlx::query!("update members set disabled_at = $2 where id = $1", id.0, at).execute(tx.conn()).await?;
    Ok(())
}

/// Remembers when a member was last seen.
pub async fn touch(tx: &mut Tx, id: MemberId, at: DateTime<Utc>) -> Result<()> {
    sqlx::query!("update members set last_seen_at = $2 where id = $1", id.0, at).execute(tx.conn()).await?;
    Ok(())
}

/// Removes a member; a user who is a member nowhere any more goes too.
pub async fn delete(tx: &mut Tx, member: &Member) -> Result<()> {
    sqlx::query!("delete from members where id = $1", member.id.0).execute(tx.conn()).await?;
    sqlx::query!(
        "delete from users u where u.id = $1 and not exists (select from members m where m.user_id = u.id)",
        member.user_id.0
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// Owners of a workspace who can sign in, locked until the transaction ends so that the last one stays.
pub async fn lock_owners(tx: &mut Tx, workspace: WorkspaceId) -> Result<Vec<MemberId>> {
    let rows = sqlx::query_scalar!(
        r#"select m.id from members m join users u on u.id = m.user_id
           where m.workspace_id = $1 and m.role = 'owner' and m.disabled_at is null and u.password_hash is not null
           for update of m"#,
        workspace.0
    )
    .fetch_all(tx.conn())
    .await?;
    Ok(rows.into_iter().map(MemberId::from).collect())
}

struct Row {
    id: uuid::Uuid,
    workspace_id: uuid::Uuid,
    workspace_name: String,
    role: String,
    disabled_at: Option<DateTime<Utc>>,
    created_at: DateTime<Utc>,
    last_seen_at: Option<DateTime<Utc>>,
    user_id: uuid::Uuid,
    email: String,
    name: String,
    active: bool,
}

impl TryFrom<Row> for Member {
    type Error = Error;

    fn try_from(row: Row) -> Result<Self> {
        let standing = match (row.disabled_at, row.active) {
            (Some(_), _) => Standing::Disabled,
            (None, true) => Standing::Active,
            (None, false) => Standing::Invited,
        };
        Ok(Self {
            id: row.id.into(),
            workspace_id: row.workspace_id.into(),
            workspace_name: row.workspace_name,
            user_id: row.user_id.into(),
            name: row.name,
            email: row.email,
            role: row.role.parse().map_err(Error::Corrupt)?,
            standing,
            created_at: row.created_at,
            last_seen_at: row.last_seen_at,
        })
    }
}
