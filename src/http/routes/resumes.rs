//! Handing resumes in.

use axum::extract::multipart::{Field, Multipart, MultipartError};
use axum::extract::{DefaultBodyLimit, FromRequest, Request, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use utoipa::ToSchema;

use crate::context::Context;
use crate::http::auth::Recruiter;
use crate::http::layers::in_time;
use crate::http::problem::{Answer, Problem};
use crate::model::upload::Upload;
use crate::recruit::{self, Error, intake};

/// A request may be this many times as large as the largest file.
const REQUEST_FILES: u64 = 4;

/// What was taken in.
#[derive(Debug, Serialize, ToSchema)]
pub struct Uploads {
    uploads: Vec<Upload>,
    /// Files that were not taken; the others were.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    rejected: Vec<Rejected>,
}

/// A file that was not taken.
#[derive(Debug, Serialize, ToSchema)]
pub struct Rejected {
    filename: String,
    code: &'static str,
    detail: String,
}

/// The files.
#[derive(Debug, ToSchema)]
#[expect(dead_code, reason = "it describes the form; the handler reads it field by field")]
pub struct Form {
    /// One or more documents.
    #[schema(value_type = Vec<String>, format = Binary)]
    file: Vec<u8>,
}

/// Hand in resumes: PDF, DOCX, ODT, RTF, HTML, text, JSON Resume, or ZIP archives of these.
#[utoipa::path(post, path = "/api/v1/resumes", tag = "resumes", extensions(("x-role" = json!("recruiter"))),
    request_body(content = Form, content_type = "multipart/form-data"),
    responses((status = 202, body = Uploads), (status = 413, body = Problem), (status = 422, body = Problem)))]
pub async fn upload(State(ctx): State<Context>, Recruiter(me): Recruiter, mut request: Request) -> Answer<Response> {
    let config = ctx.config.get();
    let limit = config.intake.max_file_mb * REQUEST_FILES;
    let announced = request.headers().get(header::CONTENT_LENGTH).and_then(|value| value.to_str().ok()?.parse().ok());
    if announced.is_some_and(|bytes: u64| bytes > limit << 20) {
        return Err(too_large(limit));
    }
    // Without this, axum takes no more than 2 MB of any body.
    DefaultBodyLimit::max(usize::try_from(limit << 20).unwrap_or(usize::MAX)).apply(&mut request);
    let mut form = Multipart::from_request(request, &ctx)
        .await
        .map_err(|error| Problem::malformed(format!("send the files as multipart/form-data: {}", error.body_text())))?;
    let mut answer = Uploads { uploads: Vec::new(), rejected: Vec::new() };
    while let Some(field) = form.next_field().await.map_err(|error| unreadable(&error, limit))? {
        if field.name() != Some("file") {
            continue;
        }
        let filename = field.file_name().unwrap_or("unnamed").to_owned();
        if answer.uploads.len() + answer.rejected.len() >= config.intake.max_files {
            let detail = format!("at most {} files a request; send the rest in another", config.intake.max_files);
            answer.rejected.push(Rejected { filename, code: "too_many_files", detail });
            continue;
        }
        let taken = match read(field, &ctx, limit).await? {
            Some(bytes) => in_time(refusable(intake::receive(&ctx, &me, &filename, bytes))).await?,
            None => Err(("file_too_large", format!("`{filename}` is larger than {} MB", config.intake.max_file_mb))),
        };
        match taken {
            Ok(upload) => answer.uploads.push(upload),
            Err((code, detail)) => answer.rejected.push(Rejected { filename, code, detail }),
        }
    }
    conclude(answer)
}

/// A file that is too large is refused alone, with its code and why; every other error ends the request.
async fn refusable(
    receiving: impl Future<Output = recruit::Result<Upload>>,
) -> recruit::Result<Result<Upload, (&'static str, String)>> {
    match Box::pin(receiving).await {
        Ok(upload) => Ok(Ok(upload)),
        Err(Error::TooLarge(code, detail)) => Ok(Err((code, detail))),
        Err(error) => Err(error),
    }
}

fn conclude(answer: Uploads) -> Answer<Response> {
    if !answer.uploads.is_empty() {
        return Ok((StatusCode::ACCEPTED, axum::Json(answer)).into_response());
    }
    match answer.rejected.into_iter().next() {
        Some(first) => Err(Error::TooLarge(first.code, first.detail).into()),
        None => Err(Error::field("file", "is missing: send at least one file in the field `file`").into()),
    }
}

/// The field's bytes; `None` when it is larger than a file may be (it is read to its end and dropped).
async fn read(mut field: Field<'_>, ctx: &Context, request_mb: u64) -> Answer<Option<Vec<u8>>> {
    let most = usize::try_from(ctx.config.get().intake.max_file_mb << 20).unwrap_or(usize::MAX);
    let mut bytes = Vec::new();
    let mut fits = true;
    while let Some(chunk) = field.chunk().await.map_err(|error| unreadable(&error, request_mb))? {
        if bytes.len() + chunk.len() > most {
            fits = false;
            bytes = Vec::new();
        } else if fits {
            bytes.extend_from_slice(&chunk);
        }
    }
    Ok(fits.then_some(bytes))
}

fn unreadable(error: &MultipartError, request_mb: u64) -> Problem {
    if error.status() == StatusCode::PAYLOAD_TOO_LARGE {
        return too_large(request_mb);
    }
    Problem::malformed(format!("the upload broke off or is not multipart/form-data: {}", error.body_text()))
}

fn too_large(request_mb: u64) -> Problem {
    let detail = format!("a request may have at most {request_mb} MB; send the files in several");
    Error::TooLarge("request_too_large", detail).into()
}
