//! A candidate's documents: the original bytes, and the text that spans count in.

use axum::extract::State;
use axum::http::{HeaderValue, header};
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use utoipa::ToSchema;

use crate::context::Context;
use crate::http::auth::Viewer;
use crate::http::extract::Path;
use crate::http::problem::{Answer, Problem};
use crate::model::ids::{CandidateId, ResumeId};
use crate::model::profile::{Finding, SectionKind};
use crate::recruit::candidates;

/// What a browser may show by itself; everything else is saved.
const SHOWN: [&str; 2] = ["application/pdf", "text/plain"];

/// The original document.
#[utoipa::path(get, path = "/api/v1/candidates/{id}/resumes/{rid}/file", tag = "candidates",
    params(("id" = CandidateId, Path), ("rid" = ResumeId, Path)), operation_id = "resume_file",
    extensions(("x-role" = json!("viewer"))),
    responses((status = 200, content_type = "application/octet-stream", body = Vec<u8>), (status = 404, body = Problem)))]
pub async fn file(
    State(ctx): State<Context>,
    Viewer(me): Viewer,
    Path((id, rid)): Path<(CandidateId, ResumeId)>,
) -> Answer<Response> {
    let (resume, bytes) = candidates::file(&ctx, &me, id, rid).await?;
    let shown = SHOWN.contains(&resume.media_type.as_str());
    let mut response = bytes.into_response();
    let headers = response.headers_mut();
    let kind = if resume.media_type == "text/plain" { "text/plain; charset=utf-8" } else { &resume.media_type };
    headers.insert(header::CONTENT_TYPE, header_value(kind, "application/octet-stream"));
    let way = if shown { "inline" } else { "attachment" };
    let named = format!("{way}; filename*=UTF-8''{}", percent_encode(&resume.filename));
    headers.insert(header::CONTENT_DISPOSITION, header_value(&named, "attachment"));
    if resume.media_type != "application/pdf" {
        // Chromium's own PDF viewer does not run in a sandboxed frame; a PDF cannot run scripts of our origin.
        headers.insert(header::CONTENT_SECURITY_POLICY, HeaderValue::from_static("default-src 'none'; sandbox"));
    }
    Ok(response)
}

fn header_value(text: &str, otherwise: &'static str) -> HeaderValue {
    HeaderValue::from_str(text).unwrap_or(HeaderValue::from_static(otherwise))
}

/// A file name for `filename*` (RFC 8187): everything but letters, digits and `-._~` as percent-encoded UTF-8.
fn percent_encode(name: &str) -> String {
    name.bytes()
        .map(|byte| match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => char::from(byte).to_string(),
            _ => format!("%{byte:02X}"),
        })
        .collect()
}

/// The text of a document. Spans count its Unicode scalar values.
#[derive(Debug, Serialize, ToSchema)]
pub struct ResumeText {
    text: String,
    sections: Vec<Section>,
    /// What a recruiter should know of the document.
    findings: Vec<Finding>,
}

/// A section of a document.
#[derive(Debug, Serialize, ToSchema)]
pub struct Section {
    kind: SectionKind,
    start: u32,
    end: u32,
}

/// The text that was taken out of the document.
#[utoipa::path(get, path = "/api/v1/candidates/{id}/resumes/{rid}/text", tag = "candidates",
    params(("id" = CandidateId, Path), ("rid" = ResumeId, Path)), operation_id = "resume_text",
    extensions(("x-role" = json!("viewer"))),
    responses((status = 200, body = ResumeText), (status = 404, body = Problem)))]
pub async fn text(
    State(ctx): State<Context>,
    Viewer(me): Viewer,
    Path((id, rid)): Path<(CandidateId, ResumeId)>,
) -> Answer<axum::Json<ResumeText>> {
    let resume = candidates::resume(&ctx, &me, id, rid).await?;
    let sections = resume.profile.sections.iter();
    let sections = sections
        .map(|section| Section { kind: section.kind, start: section.span.start, end: section.span.end })
        .collect();
    Ok(axum::Json(ResumeText { text: resume.text, sections, findings: resume.profile.findings }))
}
