//! First part: whom to look at. Two arms, by meaning and by words, each once among all and once in the circles of those
//! who held the title or meet the hard conditions the index knows; so nobody who does is lost behind many who do not.

use std::collections::BTreeMap;
use std::time::Duration;

use super::answer::Degraded;
use crate::base::secret;
use crate::context::Context;
use crate::gateways::vectors::{Condition, Filter, Hit, HybridHits, HybridQuery};
use crate::model::evidence::{self, Area};
use crate::model::ids::{CandidateId, ResumeId, WorkspaceId};
use crate::model::lexical;
use crate::model::query::interpretation::{Interpretation, Kind};
use crate::model::taxonomy;
use crate::recruit::{Result, standby};
use crate::store::bytes;

/// Candidates taken from each arm.
const PER_ARM: usize = 150;

/// How long the vector of a query is remembered: the model does not change its mind.
const REMEMBERED: Duration = Duration::from_hours(24);

/// Which arms are asked.
#[derive(Debug, Clone, Copy)]
pub struct Arms {
    /// By meaning; needs the embedding model.
    pub meaning: bool,
    /// By words.
    pub words: bool,
}

/// What the index said.
#[derive(Debug, Clone, Default)]
pub struct Found {
    /// Best cosine by candidate, with the resume it is in.
    pub dense: BTreeMap<CandidateId, (f32, ResumeId)>,
    /// Best BM25 score by candidate, with the resume it is in.
    pub sparse: BTreeMap<CandidateId, (f32, ResumeId)>,
    /// Whether an arm was full somewhere: more people may have answered to it.
    pub full: bool,
    /// What did not answer.
    pub degraded: Vec<Degraded>,
}

impl Found {
    /// Everyone who was found, by id.
    pub fn candidates(&self) -> Vec<CandidateId> {
        let mut ids: Vec<CandidateId> = self.dense.keys().chain(self.sparse.keys()).copied().collect();
        ids.sort();
        ids.dedup();
        ids
    }

    /// For the stage's report.
    pub fn state(&self) -> &'static str {
        if self.degraded.is_empty() { "done" } else { "degraded" }
    }

    /// Notes what did not answer, once.
    fn lacks(&mut self, service: &'static str, detail: &'static str) {
        let degraded = Degraded { service, detail };
        if !self.degraded.contains(&degraded) {
            self.degraded.push(degraded);
        }
    }

    fn add(&mut self, hits: HybridHits) {
        self.full |= hits.dense.len() >= PER_ARM || hits.sparse.len() >= PER_ARM;
        for (arm, hits) in [(&mut self.dense, hits.dense), (&mut self.sparse, hits.sparse)] {
            for Hit { candidate, resume, score, .. } in hits {
                let best = arm.entry(candidate).or_insert((score, resume));
                if score > best.0 {
                    *best = (score, resume);
                }
            }
        }
    }
}

/// Asks the index and adds to `found`. Without the embedding model it is asked by words alone; without the index
/// nothing can be found.
pub async fn retrieve(
    ctx: &Context,
    workspace: WorkspaceId,
    query: &str,
    interpretation: &Interpretation,
    arms: Arms,
    found: &mut Found,
) -> Result<()> {
    let text = search_text(query, interpretation);
    if text.trim().is_empty() {
        return Ok(());
    }
    let mut dense = None;
    if arms.meaning {
        match query_vector(ctx, workspace, &text).await {
            Ok(vector) => dense = Some(vector),
            Err(error) => {
                tracing::warn!(%error, "searching by words alone");
                let detail = "results are found by words alone; people who say it differently may be missing";
                found.lacks("embedding model", detail);
            }
        }
    }
    if standby::stands_in(ctx) {
        found.lacks("vector engine", "this process searches by itself until it is back; nothing is missing");
    }
    let sparse = arms.words.then(|| lexical::query(&text));
    if dense.is_none() && sparse.is_none() {
        return Ok(());
    }
    let filter = Filter { workspace, must: Vec::new(), must_not: Vec::new() };
    let circles = circles(interpretation).into_iter().map(|must| Filter { must, ..filter.clone() }).collect();
    let query = HybridQuery { filter, dense, sparse, limit: PER_ARM };
    for hits in ctx.vectors.query_within(query, circles).await? {
        found.add(hits);
    }
    Ok(())
}

/// The circles of people that are asked: all of them; those who held a wanted title; those who meet what else the
/// index can check, with the title where one is wanted; and of these those who live where it must be. The place only
/// adds a circle: whoever would work from elsewhere, where that is as good, is found in the others.
fn circles(interpretation: &Interpretation) -> Vec<Vec<Condition>> {
    let wanted = interpretation.titles.iter().filter(|title| title.kind != Kind::Not);
    let titles: Vec<String> = wanted.filter_map(|title| title.id.clone()).collect();
    let titles: Vec<Condition> = (!titles.is_empty()).then_some(Condition::AnyTitle(titles)).into_iter().collect();
    let others = conditions(interpretation);
    let mut circles = vec![Vec::new()];
    if !titles.is_empty() {
        circles.push(titles.clone());
    }
    let narrow: Vec<Condition> = titles.into_iter().chain(others.iter().cloned()).collect();
    let place = place(interpretation).map(|place| narrow.iter().cloned().chain([place]).collect());
    if !others.is_empty() {
        circles.push(narrow);
    }
    circles.extend(place);
    circles
}

/// That somebody lives where it must be, in one of the places that are alternatives.
fn place(interpretation: &Interpretation) -> Option<Condition> {
    let condition = |area: Area| match area {
        Area::Countries(codes) => vec![Condition::AnyCountry(codes)],
        Area::Around { name, centre, radius_km } => {
            let near = centre.map(|(latitude, longitude)| Condition::Near { latitude, longitude, radius_km });
            [Condition::AnyCity(vec![name])].into_iter().chain(near).collect()
        }
    };
    let any: Vec<Condition> = evidence::areas(interpretation).into_iter().flat_map(condition).collect();
    (!any.is_empty()).then_some(Condition::Any(any))
}

/// The words that rank: the query, or the chips where there is no query.
fn search_text(query: &str, interpretation: &Interpretation) -> String {
    if !query.trim().is_empty() {
        return query.to_owned();
    }
    let wanted = |kind: Kind| kind != Kind::Not;
    let skills = interpretation.skills.iter().filter(|part| wanted(part.kind)).map(|part| part.label.as_str());
    let titles = interpretation.titles.iter().filter(|part| wanted(part.kind)).map(|part| part.label.as_str());
    let keywords = interpretation.keywords.iter().filter(|part| wanted(part.kind)).map(|part| part.text.as_str());
    titles.chain(skills).chain(keywords).collect::<Vec<_>>().join(" ")
}

async fn query_vector(ctx: &Context, workspace: WorkspaceId, text: &str) -> Result<Vec<f32>> {
    let hash = secret::hex(&secret::sha256(text.as_bytes()));
    let key = format!("query:{workspace}:{}:{hash}", ctx.embedder.model().name);
    if let Some(kept) = ctx.cache.get(&key).await
        && kept.len() == ctx.embedder.model().dimensions * 4
    {
        return Ok(bytes::to_f32(&kept));
    }
    let vector = ctx.embedder.embed_query(workspace, text).await?;
    ctx.cache.put(&key, &bytes::of_f32(&vector), REMEMBERED).await;
    Ok(vector)
}

/// The index has years as of when it was told. More than passes between two versions, each of which tells it anew.
const PASSED: f32 = 1.0;

/// The hard conditions the index can check. What it cannot, such as years of one skill, is checked while ranking.
fn conditions(interpretation: &Interpretation) -> Vec<Condition> {
    let mut conditions = Vec::new();
    let mut groups: BTreeMap<u32, Vec<String>> = BTreeMap::new();
    for skill in interpretation.skills.iter().filter(|skill| skill.kind == Kind::Must) {
        let any = taxonomy::skills().including(&skill.id);
        match skill.any_of {
            Some(group) => groups.entry(group).or_default().extend(any),
            None => conditions.push(Condition::AnySkill(any)),
        }
    }
    conditions.extend(groups.into_values().map(Condition::AnySkill));
    for language in interpretation.languages.iter().filter(|language| language.kind == Kind::Must) {
        conditions.push(Condition::AnyLanguage(vec![language.code.clone()]));
    }
    let years = interpretation.years;
    if years.min.is_some() || years.max.is_some() {
        let min = years.min.map(|min| (min - PASSED).max(0.0));
        conditions.push(Condition::Years { min, max: years.max });
    }
    conditions
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::ids::PassageId;
    use crate::model::query::understand;

    #[test]
    fn a_place_that_must_be_adds_one_circle_to_those_without_it() {
        let plain = circles(&understand("nurse with German"));
        for (query, codes) in [
            ("nurse with German, must live in Portugal", &["PT"][..]),
            ("nurse with German, must live in Portugal or remote", &["PT"]),
            ("nurse with German, must live in DACH", &["DE", "AT", "CH"]),
        ] {
            let codes = codes.iter().map(ToString::to_string).collect();
            let placed = circles(&understand(query));
            let (last, others) = placed.split_last().unwrap();
            assert_eq!(others, plain, "{query}");
            let narrow = plain.last().unwrap().iter().cloned();
            let place = Condition::Any(vec![Condition::AnyCountry(codes)]);
            assert_eq!(*last, narrow.chain([place]).collect::<Vec<_>>(), "{query}");
        }
    }

    #[test]
    fn an_arm_that_is_full_may_have_left_people_out() {
        let hit = |n: u128| Hit {
            candidate: CandidateId(uuid::Uuid::from_u128(n)),
            passage: PassageId(uuid::Uuid::from_u128(n)),
            resume: ResumeId(uuid::Uuid::from_u128(n)),
            score: 1.0,
        };
        let hits = |count: usize| HybridHits { dense: (0..).map(hit).take(count).collect(), sparse: Vec::new() };
        let mut found = Found::default();
        found.add(hits(PER_ARM - 1));
        assert!(!found.full);
        found.add(hits(PER_ARM));
        assert_eq!((found.full, found.candidates().len()), (true, PER_ARM));
    }

    #[test]
    fn a_city_is_its_name_or_a_circle_around_it() {
        let placed = circles(&understand("nurse within 30 km of Faro"));
        let Some(Condition::Any(any)) = placed.last().unwrap().last() else { panic!("{placed:?}") };
        assert_eq!(any[0], Condition::AnyCity(vec!["faro".to_owned()]));
        assert!(matches!(any[1], Condition::Near { radius_km, .. } if (radius_km - 30.0).abs() < 0.1), "{any:?}");
    }
}
