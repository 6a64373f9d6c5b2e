//! One person as the API shows them.

use chrono::{DateTime, Utc};
use serde::Serialize;
use utoipa::ToSchema;

use crate::model::candidate::Event;
use crate::model::ids::{CandidateId, ResumeId};
use crate::model::profile::{End, Found, Place, Profile, YearMonth};
use crate::model::span::Span;
use crate::model::taxonomy;
use crate::recruit::candidates::Dossier;
use crate::store::resumes;

/// One candidate.
#[derive(Debug, Serialize, ToSchema)]
pub struct Candidate {
    id: CandidateId,
    name: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    headline: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    location: Option<String>,
    emails: Vec<String>,
    phones: Vec<String>,
    links: Vec<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    years_experience: Option<f32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    summary: Option<String>,
    positions: Vec<Position>,
    education: Vec<Education>,
    skills: Vec<Skill>,
    languages: Vec<Language>,
    certifications: Vec<Certification>,
    resumes: Vec<Resume>,
    timeline: Vec<Event>,
    created_at: DateTime<Utc>,
    updated_at: DateTime<Utc>,
}

/// Where a value stands.
#[derive(Debug, Serialize, ToSchema)]
pub struct Source {
    resume_id: ResumeId,
    start: u32,
    end: u32,
}

/// A position held. Dates are `YYYY-MM` or `YYYY`; an `end` of null with `current` goes on today.
#[derive(Debug, Serialize, ToSchema)]
pub struct Position {
    title: Option<String>,
    employer: Option<String>,
    start: Option<String>,
    end: Option<String>,
    current: bool,
    description: Option<String>,
    span: Source,
    confidence: f32,
}

/// An entry of education.
#[derive(Debug, Serialize, ToSchema)]
pub struct Education {
    institution: Option<String>,
    degree: Option<String>,
    level: Option<crate::model::profile::EducationLevel>,
    field: Option<String>,
    start: Option<String>,
    end: Option<String>,
    span: Source,
    confidence: f32,
}

/// A skill shown.
#[derive(Debug, Serialize, ToSchema)]
pub struct Skill {
    id: String,
    label: String,
    span: Option<Source>,
    confidence: f32,
    /// Months of dated positions that show it.
    #[serde(skip_serializing_if = "Option::is_none")]
    months: Option<u32>,
}

/// A language spoken.
#[derive(Debug, Serialize, ToSchema)]
pub struct Language {
    code: String,
    label: String,
    level: Option<String>,
    span: Source,
    confidence: f32,
}

/// A certification as written.
#[derive(Debug, Serialize, ToSchema)]
pub struct Certification {
    label: String,
    span: Source,
    confidence: f32,
}

/// A document.
#[derive(Debug, Serialize, ToSchema)]
pub struct Resume {
    id: ResumeId,
    filename: String,
    media_type: String,
    size: i64,
    uploaded_at: DateTime<Utc>,
    current: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    pages: Option<i32>,
}

impl From<Dossier> for Candidate {
    fn from(dossier: Dossier) -> Self {
        let person = dossier.candidate;
        let current = dossier.resumes.iter().find(|resume| Some(resume.id) == person.current_resume);
        let empty = Profile::default();
        let profile = current.map_or(&empty, |resume| &resume.profile);
        let values = |found: &[Found<String>]| found.iter().map(|value| value.value.clone()).collect();
        Self {
            id: person.id,
            name: person.name,
            headline: person.headline,
            location: person.location.as_ref().map(Place::label),
            emails: values(&profile.emails),
            phones: values(&profile.phones),
            links: values(&profile.links),
            years_experience: dossier.years,
            summary: profile.summary.as_ref().map(|found| found.value.clone()),
            positions: current.map(positions).unwrap_or_default(),
            education: current.map(education).unwrap_or_default(),
            skills: current.map(skills).unwrap_or_default(),
            languages: current.map(languages).unwrap_or_default(),
            certifications: current.map(certifications).unwrap_or_default(),
            resumes: dossier.resumes.iter().map(|resume| document(resume, person.current_resume)).collect(),
            timeline: dossier.events,
            created_at: person.created_at,
            updated_at: person.updated_at,
        }
    }
}

fn document(resume: &resumes::Resume, current: Option<ResumeId>) -> Resume {
    Resume {
        id: resume.id,
        filename: resume.filename.clone(),
        media_type: resume.media_type.clone(),
        size: resume.size,
        uploaded_at: resume.created_at,
        current: Some(resume.id) == current,
        pages: resume.pages,
    }
}

fn source(resume: &resumes::Resume, span: Span) -> Source {
    Source { resume_id: resume.id, start: span.start, end: span.end }
}

fn positions(resume: &resumes::Resume) -> Vec<Position> {
    let entries = resume.profile.positions.iter();
    entries
        .map(|entry| Position {
            title: entry.title.as_ref().map(|found| found.value.clone()),
            employer: entry.employer.as_ref().map(|found| found.value.clone()),
            start: entry.start.map(date),
            end: entry.end.and_then(end),
            current: entry.end == Some(End::Present),
            description: entry.description.map(|span| span.slice(&resume.text)),
            span: source(resume, entry.span),
            confidence: entry.confidence,
        })
        .collect()
}

fn education(resume: &resumes::Resume) -> Vec<Education> {
    let entries = resume.profile.education.iter();
    entries
        .map(|entry| Education {
            institution: entry.institution.as_ref().map(|found| found.value.clone()),
            degree: entry.degree.as_ref().map(|found| found.value.clone()),
            level: entry.level,
            field: entry.field.clone(),
            start: entry.start.map(date),
            end: entry.end.and_then(end),
            span: source(resume, entry.span),
            confidence: entry.confidence,
        })
        .collect()
}

fn skills(resume: &resumes::Resume) -> Vec<Skill> {
    let held = resume.profile.skills.iter().filter(|skill| !skill.denied);
    held.map(|skill| Skill {
        id: skill.id.clone(),
        label: taxonomy::skills().get(&skill.id).map_or_else(|| skill.id.clone(), |known| known.label.clone()),
        span: skill.spans.first().map(|span| source(resume, *span)),
        confidence: skill.confidence,
        months: skill.months,
    })
    .collect()
}

fn languages(resume: &resumes::Resume) -> Vec<Language> {
    let spoken = resume.profile.languages.iter();
    spoken
        .map(|language| Language {
            code: language.code.clone(),
            label: taxonomy::language_label(&language.code).unwrap_or(&language.code).to_owned(),
            level: language.level.clone(),
            span: source(resume, language.span),
            confidence: language.confidence,
        })
        .collect()
}

fn certifications(resume: &resumes::Resume) -> Vec<Certification> {
    let held = resume.profile.certifications.iter();
    held.map(|found| Certification {
        label: found.value.clone(),
        span: source(resume, found.span),
        confidence: found.confidence,
    })
    .collect()
}

fn date(at: YearMonth) -> String {
    match at.month {
        Some(month) => format!("{:04}-{month:02}", at.year),
        None => format!("{:04}", at.year),
    }
}

fn end(end: End) -> Option<String> {
    match end {
        End::Present => None,
        End::At(at) => Some(date(at)),
    }
}
