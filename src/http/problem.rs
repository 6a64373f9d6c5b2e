//! Problem documents (RFC 9457): one table gives each error its code, status and title, and its place on the page of
//! the API.

use axum::Json;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::Serialize;

use crate::recruit::{Error, FieldError};

/// What a client is told when something did not work.
#[derive(Debug, Clone, Serialize, utoipa::ToSchema)]
pub struct Problem {
    /// Where the code is explained.
    #[serde(rename = "type")]
    pub kind: String,
    /// The kind of problem, in words.
    pub title: &'static str,
    /// The HTTP status.
    pub status: u16,
    /// A stable code.
    pub code: &'static str,
    /// What happened and what to do.
    pub detail: String,
    /// Mistakes by field.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub errors: Vec<FieldProblem>,
    /// Seconds to wait.
    #[serde(skip)]
    pub retry_after: Option<u64>,
}

/// A mistake in one field.
#[derive(Debug, Clone, Serialize, utoipa::ToSchema)]
pub struct FieldProblem {
    /// The field's name in the request.
    pub field: String,
    /// What is wrong and what would be right.
    pub message: String,
}

/// A row of the table of problems.
#[derive(Debug, Clone, Copy)]
pub(super) struct Row {
    pub code: &'static str,
    pub status: u16,
    pub title: &'static str,
    pub todo: &'static str,
}

const fn row(code: &'static str, status: u16, title: &'static str, todo: &'static str) -> Row {
    Row { code, status, title, todo }
}

/// What became of a request when nothing else can be said.
const INTERNAL: Row = row("internal", 500, "Something went wrong", "try again; the server's log says what went wrong");

/// Every problem there is: the code and the status on the wire, and what the page of the API says of it.
#[rustfmt::skip]
pub(super) const TABLE: [Row; 29] = [
    row("malformed_request",      400, "The request cannot be read",       "send what the detail asks for"),
    row("session_expired",        401, "Sign in",                          "sign in, then ask again"),
    row("invalid_token",          401, "Sign in",                          "make a new API token on the page Settings"),
    row("invalid_credentials",    401, "Sign in",                          "try again, or ask an owner for a new link"),
    row("webhook_unproven",       401, "Who tells this is not proven",     "set `[mail] webhook_secret` as the provider has it"),
    row("forbidden",              403, "Your role does not allow it",      "ask an owner for it, or for another role"),
    row("csrf_token_wrong",       403, "The request is not from the page", "send the token of GET /api/v1/auth/me"),
    row("not_found",              404, "Not found",                        "look at the list for what there is"),
    row("method_not_allowed",     405, "The method is not allowed",        "see above what the path takes"),
    row("already_set_up",         409, "It contradicts what is there",     "sign in; the appliance has its owner"),
    row("link_used",              409, "It contradicts what is there",     "ask whoever sent the link for a new one"),
    row("last_owner",             409, "It contradicts what is there",     "make somebody else an owner first"),
    row("account_elsewhere",      409, "It contradicts what is there",     "ask the operator: talentprompt users"),
    row("not_failed",             409, "It contradicts what is there",     "nothing; the upload has not failed"),
    row("being_unpacked",         409, "It contradicts what is there",     "try again when the archive is unpacked"),
    row("idempotency_key_in_use", 409, "It contradicts what is there",     "ask again in a moment, with the same key"),
    row("idempotency_key_reused", 409, "It contradicts what is there",     "take a new key for each request"),
    row("mail_off",               409, "Mail is not configured",           "the handbook's page Mail says how"),
    row("file_too_large",         413, "Too large",                        "hand in a smaller file"),
    row("too_many_files",         413, "Too large",                        "send the rest in another request"),
    row("request_too_large",      413, "Too large",                        "send less in one request"),
    row("invalid_request",        422, "The request has mistakes",         "mend the fields that `errors` names"),
    row("too_many_requests",      429, "Too many requests",                "wait as long as Retry-After says"),
    INTERNAL,
    row("mail_not_sent",          502, "The mail was not sent",            "mend what the detail says, then try again"),
    row("unavailable",            503, "A service does not answer",        "wait as long as Retry-After says"),
    row("disk_read_only",         503, "The disk can only be read",        "tell the operator; nothing was taken"),
    row("certificate_pending",    503, "There is no certificate yet",      "wait as long as Retry-After says"),
    row("disk_full",              507, "The disk is full",                 "free some space on the server's disk"),
];

impl Problem {
    /// The problem of this code in the table.
    pub fn new(code: &'static str, detail: impl Into<String>) -> Self {
        let Row { code, status, title, .. } = TABLE.into_iter().find(|row| row.code == code).unwrap_or(INTERNAL);
        Self {
            kind: format!("/api/docs#{code}"),
            title,
            status,
            code,
            detail: detail.into(),
            errors: Vec::new(),
            retry_after: None,
        }
    }

    /// The request's shape is wrong: not JSON, a wrong id, a missing part.
    pub fn malformed(detail: impl Into<String>) -> Self {
        Self::new("malformed_request", detail)
    }

    /// One field is wrong, whose name only the request knows.
    pub fn field(field: String, message: &str) -> Self {
        let mut problem = Self::new("invalid_request", format!("`{field}` {message}"));
        problem.errors = vec![FieldProblem { field, message: message.to_owned() }];
        problem
    }

    /// The path is there, the method is not.
    pub fn method() -> Self {
        Self::new("method_not_allowed", "this path does not take that method; /api/docs lists what it takes")
    }

    /// A change from a browser without the session's CSRF token.
    pub fn csrf() -> Self {
        let detail = "send the csrf_token of GET /api/v1/auth/me in the header X-CSRF-Token; reload the page";
        Self::new("csrf_token_wrong", detail)
    }

    /// A mistake of ours, of which the log says more.
    pub fn internal() -> Self {
        Self::new(INTERNAL.code, "this is not your fault; the server's log says more")
    }

    fn retry_after(self, seconds: u64) -> Self {
        Self { retry_after: Some(seconds), ..self }
    }
}

impl From<Error> for Problem {
    fn from(error: Error) -> Self {
        let detail = error.to_string();
        match error {
            Error::NotFound => Self::new("not_found", "there is nothing here, or it is not yours to see"),
            Error::Unauthenticated(code, _) | Error::Conflict(code, _) | Error::TooLarge(code, _) => {
                Self::new(code, detail)
            }
            Error::Forbidden(_) => Self::new("forbidden", detail),
            Error::Invalid(mistakes) => {
                let field =
                    |mistake: FieldError| FieldProblem { field: mistake.field.to_owned(), message: mistake.message };
                Self { errors: mistakes.into_iter().map(field).collect(), ..Self::new("invalid_request", detail) }
            }
            Error::TooMany(wait) => Self::new("too_many_requests", detail).retry_after(wait.as_secs().max(1)),
            Error::DiskFull => Self::new("disk_full", detail),
            Error::DiskReadOnly => Self::new("disk_read_only", detail).retry_after(60),
            Error::Unavailable(_) => Self::new("unavailable", detail).retry_after(2),
            Error::Internal(_) => {
                tracing::error!(error = detail, "a request failed");
                Self::internal()
            }
        }
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let status = StatusCode::from_u16(self.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let retry_after = self.retry_after;
        let mut response = (status, Json(self)).into_response();
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/problem+json"));
        if let Some(seconds) = retry_after {
            headers.insert(header::RETRY_AFTER, HeaderValue::from(seconds));
        }
        response
    }
}

/// What a handler answers.
pub type Answer<T> = std::result::Result<T, Problem>;

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;
    use std::fs;
    use std::path::{Path, PathBuf};

    use super::{Problem, TABLE};

    /// Everything under `folder`, without unit tests.
    fn sources(folder: &Path) -> String {
        let paths = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
        let text = |path: PathBuf| {
            if path.is_dir() {
                return sources(&path);
            }
            fs::read_to_string(&path).unwrap().split("#[cfg(test)]\nmod").next().unwrap_or_default().to_owned()
        };
        paths.map(text).collect()
    }

    /// The words in quotes right behind `opening`.
    fn named<'a>(source: &'a str, opening: &'a str) -> impl Iterator<Item = &'a str> {
        source.split(opening).skip(1).filter_map(|rest| rest.trim_start().strip_prefix('"')?.split('"').next())
    }

    #[test]
    fn every_code_that_is_used_is_in_the_table_once_and_no_other() {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
        let source = sources(&root.join("http")) + &sources(&root.join("recruit"));
        let openings =
            ["Conflict(", "TooLarge(", "Unauthenticated(", "Problem::new(", "Self::new(", "filename, code: ", "Err(("];
        let used: BTreeSet<&str> = openings.into_iter().flat_map(|opening| named(&source, opening)).collect();
        let listed: BTreeSet<&str> = TABLE.iter().map(|row| row.code).collect();
        assert_eq!(listed.len(), TABLE.len());
        let used: BTreeSet<&str> = used.into_iter().chain(["internal"]).collect();
        assert_eq!(used, listed);
    }

    #[test]
    fn the_page_of_the_api_explains_every_code_where_its_link_leads() {
        let page = crate::http::openapi::page(&crate::http::openapi::document());
        for row in TABLE {
            let link = Problem::new(row.code, "").kind;
            let anchor = link.strip_prefix("/api/docs#").unwrap();
            assert_eq!(page.matches(&format!("id=\"{anchor}\"")).count(), 1, "{link}");
        }
    }
}
