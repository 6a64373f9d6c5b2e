//! Between our words and the server's: points, filters and scored points.

use std::collections::HashMap;

use qdrant_client::Payload as ServerPayload;
use qdrant_client::qdrant::point_id::PointIdOptions;
use qdrant_client::qdrant::{
    Condition as ServerCondition, Filter as ServerFilter, GeoPoint, GeoRadius, PointStruct, Range, ScoredPoint, Vector,
};
use uuid::Uuid;

use crate::gateways::vectors::{Condition, Error, Filter, Hit, Point};
use crate::model::ids::{CandidateId, PassageId, ResumeId, WorkspaceId};

/// Name of the dense vector in the collection.
pub(super) const DENSE: &str = "dense";

/// Name of the sparse vector in the collection.
pub(super) const WORDS: &str = "words";

/// Names of the payload fields.
pub(super) mod field {
    pub(in super::super) const WORKSPACE: &str = "workspace_id";
    pub(in super::super) const CANDIDATE: &str = "candidate_id";
    pub(in super::super) const RESUME: &str = "resume_id";
    pub(in super::super) const SKILLS: &str = "skills";
    pub(in super::super) const TITLES: &str = "titles";
    pub(in super::super) const LANGUAGES: &str = "languages";
    pub(in super::super) const COUNTRY: &str = "country";
    pub(in super::super) const CITY: &str = "city";
    pub(in super::super) const POSITION: &str = "position";
    pub(in super::super) const YEARS: &str = "years";
}

/// A point as the server stores it. What is unknown is left out, and so is a vector that does not exist yet.
pub(super) fn point(point: &Point) -> PointStruct {
    let mut vectors: HashMap<String, Vector> = HashMap::new();
    if let Some(dense) = &point.dense {
        vectors.insert(DENSE.to_owned(), dense.clone().into());
    }
    if !point.sparse.indices.is_empty() {
        let pairs = point.sparse.indices.iter().copied().zip(point.sparse.values.iter().copied());
        vectors.insert(WORDS.to_owned(), pairs.collect::<Vec<(u32, f32)>>().into());
    }
    let facts = &point.payload;
    let mut payload = ServerPayload::with_capacity(10);
    payload.insert(field::WORKSPACE, point.workspace.to_string());
    payload.insert(field::CANDIDATE, point.candidate.to_string());
    payload.insert(field::RESUME, point.resume.to_string());
    payload.insert(field::SKILLS, facts.skills.clone());
    payload.insert(field::TITLES, facts.titles.clone());
    payload.insert(field::LANGUAGES, facts.languages.clone());
    if let Some(country) = &facts.country {
        payload.insert(field::COUNTRY, country.clone());
    }
    if let Some(city) = &facts.city {
        payload.insert(field::CITY, city.clone());
    }
    if let Some((latitude, longitude)) = facts.position {
        payload.insert(field::POSITION, GeoPoint { lat: latitude, lon: longitude });
    }
    if let Some(years) = facts.years {
        payload.insert(field::YEARS, f64::from(years));
    }
    PointStruct::new(point.id.to_string(), vectors, payload)
}

/// A filter as the server reads it; the workspace is always the first condition.
pub(super) fn filter(filter: &Filter) -> ServerFilter {
    let mut server = of_workspace(filter.workspace);
    server.must.extend(filter.must.iter().map(condition));
    server.must_not.extend(filter.must_not.iter().map(condition));
    server
}

/// All points of a workspace.
pub(super) fn of_workspace(workspace: WorkspaceId) -> ServerFilter {
    ServerFilter::must([ServerCondition::matches(field::WORKSPACE, workspace.to_string())])
}

/// All points of a candidate.
pub(super) fn of_candidate(workspace: WorkspaceId, candidate: CandidateId) -> ServerFilter {
    let mut filter = of_workspace(workspace);
    filter.must.push(ServerCondition::matches(field::CANDIDATE, candidate.to_string()));
    filter
}

/// All points of a resume.
pub(super) fn of_resume(workspace: WorkspaceId, resume: ResumeId) -> ServerFilter {
    let mut filter = of_workspace(workspace);
    filter.must.push(ServerCondition::matches(field::RESUME, resume.to_string()));
    filter
}

fn condition(wanted: &Condition) -> ServerCondition {
    match wanted {
        Condition::AnySkill(any) => ServerCondition::matches(field::SKILLS, any.clone()),
        Condition::AnyTitle(any) => ServerCondition::matches(field::TITLES, any.clone()),
        Condition::AnyLanguage(any) => ServerCondition::matches(field::LANGUAGES, any.clone()),
        Condition::AnyCountry(any) => ServerCondition::matches(field::COUNTRY, any.clone()),
        Condition::AnyCity(any) => ServerCondition::matches(field::CITY, any.clone()),
        Condition::Near { latitude, longitude, radius_km } => {
            let center = Some(GeoPoint { lat: *latitude, lon: *longitude });
            ServerCondition::geo_radius(field::POSITION, GeoRadius { center, radius: metres(*radius_km) })
        }
        Condition::Years { min, max } => {
            // A range without bounds might match a point without the field: the lowest number stands for no bound.
            let gte = Some(f64::from(min.unwrap_or(f32::MIN)));
            ServerCondition::range(field::YEARS, Range { gte, lte: max.map(f64::from), ..Range::default() })
        }
        Condition::Any(several) => ServerFilter::should(several.iter().map(condition)).into(),
    }
}

#[expect(clippy::cast_possible_truncation, reason = "the protocol has single precision: a metre in ten thousand km")]
fn metres(kilometres: f64) -> f32 {
    (kilometres * 1000.0) as f32
}

/// A scored point as a hit.
///
/// # Errors
/// [`Error::Refused`] when the point was not written by us.
pub(super) fn hit(point: &ScoredPoint) -> Result<Hit, Error> {
    let foreign = || Error::Refused("the Qdrant collection holds a point that is not a passage of ours".to_owned());
    let id = |name: &str| -> Option<Uuid> { point.payload.get(name)?.as_str()?.parse().ok() };
    let passage = match point.id.as_ref().and_then(|id| id.point_id_options.as_ref()) {
        Some(PointIdOptions::Uuid(text)) => text.parse().map_err(|_| foreign())?,
        _ => return Err(foreign()),
    };
    Ok(Hit {
        candidate: CandidateId(id(field::CANDIDATE).ok_or_else(foreign)?),
        passage: PassageId(passage),
        resume: ResumeId(id(field::RESUME).ok_or_else(foreign)?),
        score: point.score,
    })
}
