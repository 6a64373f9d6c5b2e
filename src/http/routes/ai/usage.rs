//! The bill.

use axum::extract::State;
use axum::http::header;
use axum::response::{IntoResponse, Response};
use chrono::{Datelike, NaiveDate};
use serde::Deserialize;
use utoipa::IntoParams;

use crate::context::Context;
use crate::http::auth::Recruiter;
use crate::http::extract::Query;
use crate::http::problem::{Answer, Problem};
use crate::model::bill::{Bill, By};
use crate::ops::ai;
use crate::recruit::Error;

/// The most days of one bill: a year and a day.
const MOST_DAYS: i64 = 367;

/// Which days, UTC.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct Days {
    /// The first; the first of this month where not said.
    from: Option<NaiveDate>,
    /// The last; today where not said.
    to: Option<NaiveDate>,
}

impl Days {
    /// The first and the last day.
    fn span(&self, ctx: &Context) -> Answer<(NaiveDate, NaiveDate)> {
        let today = ctx.now().date_naive();
        let to = self.to.unwrap_or(today);
        let from = self.from.unwrap_or_else(|| to.with_day(1).unwrap_or(to));
        if from.year() < 1970 {
            return Err(Problem::field("from".to_owned(), "must not be before 1970"));
        }
        match (to - from).num_days() {
            ..0 => Err(Problem::field("to".to_owned(), "must not be before `from`")),
            0..MOST_DAYS => Ok((from, to)),
            MOST_DAYS.. => Err(Problem::field("from".to_owned(), "must be at most a year before `to`")),
        }
    }
}

/// What models cost: by day, tier, feature, model and member, with what was saved, the month's end as it looks today, and
/// two models side by side. Money in micro-dollars.
#[utoipa::path(get, path = "/api/v1/ai/usage", tag = "ai", params(Days), operation_id = "ai_usage",
    extensions(("x-role" = json!("recruiter"))), responses((status = 200, body = Bill), (status = 422, body = Problem)))]
pub async fn get(
    State(ctx): State<Context>,
    Recruiter(me): Recruiter,
    Query(days): Query<Days>,
) -> Answer<axum::Json<Bill>> {
    let (from, to) = days.span(&ctx)?;
    let bill = ai::bill(&ctx, me.member.workspace_id, from, to).await.map_err(Error::from)?;
    Ok(axum::Json(bill))
}

/// The same for a spreadsheet: a row for each day, tier, feature, model and member. Money in dollars.
#[utoipa::path(get, path = "/api/v1/ai/usage.csv", tag = "ai", params(Days), operation_id = "ai_usage_csv",
    extensions(("x-role" = json!("recruiter"))),
    responses((status = 200, content_type = "text/csv", body = String), (status = 422, body = Problem)))]
pub async fn csv(State(ctx): State<Context>, Recruiter(me): Recruiter, Query(days): Query<Days>) -> Answer<Response> {
    let (from, to) = days.span(&ctx)?;
    let parts = ai::parts(&ctx, me.member.workspace_id, By::Each, from, to).await.map_err(Error::from)?;
    let headers = [
        (header::CONTENT_TYPE, "text/csv; charset=utf-8".to_owned()),
        (header::CONTENT_DISPOSITION, format!("attachment; filename=\"ai-usage-{from}-{to}.csv\"")),
    ];
    Ok((headers, ai::csv(&parts)).into_response())
}
