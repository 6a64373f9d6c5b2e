//! Questions that can wait: handed to the provider as a whole, answered within a day at half the price, and kept as if
//! they had just been asked. Whoever needs the answer then asks in the ordinary way and finds it there; what came of it is
//! held to its check at that moment, like every answer that is used again.

use std::collections::HashMap;

use chrono::TimeDelta;
use schemars::JsonSchema;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;
use uuid::Uuid;

use super::ask::Asked;
use super::ledger::End;
use super::prices::BATCH_PERCENT;
use super::targets::Target;
use super::verdict::has_nul;
use super::{Check, Door, NoAnswer, Question, schema};
use crate::base::random;
use crate::gateways::llm::{self, Billed, Chat, Outcome, Reply};
use crate::model::ids::WorkspaceId;
use crate::model::money::Micros;
use crate::model::spend::{Tier, Usage};
use crate::store::ai::answers::{Kept, Key};
use crate::store::ai::batches::{self, Batch, Item};
use crate::store::ai::budget;
use crate::store::ai::calls::{Call, Saved};
use crate::store::{self, accounts};

/// How long a batch may take to be handed over; one that takes longer was cut off by a crash, and nobody knows whether the
/// provider has it.
const HANDING_OVER: TimeDelta = TimeDelta::minutes(15);

/// How long the provider is asked about a batch: its day, and some hours that it may be away.
const LONGEST: TimeDelta = TimeDelta::hours(36);

/// The most questions of one batch; the provider takes 50,000.
const MOST: usize = 5_000;

/// Nobody knows what a question did cost.
struct CostUnknown;

/// What became of questions that were to be asked in time.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct Later {
    /// Handed to the provider now.
    pub sent: usize,
    /// Answered before, or under way.
    pub known: usize,
    /// Left out, since a limit is reached.
    pub left_out: usize,
}

impl Door {
    /// Hands questions of one workspace to the first provider of the chain that takes batches. Those that are answered or
    /// under way already are not asked again.
    ///
    /// # Errors
    /// If there is no such provider, or it does not take them; then nothing is reserved any more.
    pub async fn ask_later<T>(&self, questions: Vec<Question>) -> Result<Later, NoAnswer>
    where
        T: DeserializeOwned + JsonSchema,
    {
        let Some(first) = questions.first() else { return Ok(Later::default()) };
        let (workspace, tier) = (first.workspace, first.tier);
        let check: Check = std::sync::Arc::new(|value: &Value| {
            T::deserialize(value).map(drop).map_err(|error: serde_json::Error| error.to_string())
        });
        let asked = questions.into_iter().map(|question| Asked::new(question, schema::<T>(), check.clone()));
        let mut open = Vec::new();
        let mut later = Later::default();
        for asked in asked {
            if self.kept(&asked).await.is_some() { later.known += 1 } else { open.push(asked) }
        }
        let keys: Vec<Vec<u8>> = open.iter().map(|asked| asked.key.to_vec()).collect();
        let waiting = batches::waiting(&mut self.0.store.workspace(workspace).await?, &keys).await?;
        open.retain(|asked| !waiting.iter().any(|key| *key == asked.key));
        later.known += waiting.len();
        later.left_out = open.len().saturating_sub(MOST);
        open.truncate(MOST);
        let target = self.batch_target(tier)?;
        let (items, chats) = self.set_aside(&open, &target, tier).await?;
        later.left_out += open.len() - items.len();
        later.sent = items.len();
        if items.is_empty() {
            return Ok(later);
        }
        self.hand_over(workspace, &target, items, chats).await?;
        Ok(later)
    }

    /// The first model of the chain whose provider takes batches.
    fn batch_target(&self, tier: Tier) -> Result<Target, NoAnswer> {
        let config = self.0.providers.config();
        let openai = config.ai.chain(tier).iter().filter(|name| name.starts_with("openai/"));
        let mut why = NoAnswer::Off;
        for name in openai {
            match self.target(name) {
                Ok(mut target) => {
                    target.listed.price = target.listed.price.at(BATCH_PERCENT);
                    return Ok(target);
                }
                Err(reason) => why = reason,
            }
        }
        Err(why)
    }

    /// Sets the worst aside for each, as long as the limits allow it.
    async fn set_aside(
        &self,
        open: &[Asked],
        target: &Target,
        tier: Tier,
    ) -> Result<(Vec<Item>, Vec<(String, Chat)>), NoAnswer> {
        let config = self.0.providers.config();
        let (mut items, mut chats) = (Vec::new(), Vec::new());
        for asked in open {
            let prompt = asked.question.prompt;
            let most = target.most(&asked.texts(), prompt.max_output);
            let mut call = asked.call(self, self.id(), (&target.provider, &target.model), tier);
            call.price_from = Some(target.listed.price.from);
            let workspace = asked.question.workspace;
            match self.0.ledger.reserve(&config.ai, workspace, &call, target.cost(most)).await {
                Ok(_) => {}
                Err(NoAnswer::Spent(limit)) => {
                    tracing::info!(limit, "some questions of a batch are left out");
                    break;
                }
                Err(why) => {
                    self.unsent(workspace, items).await;
                    return Err(why);
                }
            }
            let entry = serde_json::to_value(&call).unwrap_or_default();
            items.push(Item { id: call.id, key: asked.key.to_vec(), feature: prompt.feature, call: entry });
            let chat = asked.chat(target, tier, target.reached.timeout());
            chats.push((call.id.to_string(), chat));
        }
        Ok((items, chats))
    }

    async fn hand_over(
        &self,
        workspace: WorkspaceId,
        target: &Target,
        items: Vec<Item>,
        chats: Vec<(String, Chat)>,
    ) -> Result<(), NoAnswer> {
        let now = self.0.clock.now();
        let (provider, model) = (target.provider.clone(), target.model.clone());
        let batch =
            Batch { id: Uuid::from_bytes(random::bytes()), provider, model, provider_id: None, created_at: now };
        let mut tx = self.0.store.workspace(workspace).await?;
        batches::insert(&mut tx, &batch, &items).await?;
        // From now on the batch answers for them.
        budget::hold(&mut tx, &ids(&items)).await?;
        tx.commit().await?;
        match target.reached.client().send_batch(&chats).await {
            Ok(id) => {
                let mut tx = self.0.store.workspace(workspace).await?;
                batches::set_sent(&mut tx, batch.id, &id, now).await?;
                tx.commit().await?;
                Ok(())
            }
            Err(error) => {
                if error.billed() == Billed::Perhaps {
                    self.lose(workspace, &batch, "it is not known whether the provider has it").await?;
                } else {
                    self.close(workspace, &batch, items, &HashMap::new(), Some(&error.to_string())).await?;
                }
                Err(NoAnswer::Away(format!("{}: {error}", target.name)))
            }
        }
    }

    /// Looks what became of every workspace's batches.
    pub async fn collect_all(&self) -> store::Result<()> {
        let workspaces = accounts::workspaces(&mut self.0.store.system().await?).await?;
        for (workspace, _) in workspaces {
            self.collect(workspace).await?;
        }
        Ok(())
    }

    /// Looks what became of the workspace's batches, and keeps their answers. Answers how many batches are still open.
    pub async fn collect(&self, workspace: WorkspaceId) -> store::Result<usize> {
        let open = batches::open(&mut self.0.store.workspace(workspace).await?).await?;
        let mut left = 0;
        for batch in open {
            let age = self.0.clock.now() - batch.created_at;
            let outcome = match (&batch.provider_id, self.0.providers.get(&batch.provider)) {
                (None, _) if age < HANDING_OVER => Ok(llm::Batch::Working),
                (None, _) => Err("it is not known whether the provider has it"),
                (Some(_), None) => Ok(llm::Batch::Working),
                (Some(id), Some(reached)) => Ok(reached.client().batch(id).await.unwrap_or(llm::Batch::Working)),
            };
            match outcome {
                Ok(llm::Batch::Working) if age < LONGEST => left += 1,
                Ok(llm::Batch::Working) => {
                    self.lose(workspace, &batch, "the provider was not heard of any more").await?;
                }
                Err(reason) => self.lose(workspace, &batch, reason).await?,
                Ok(llm::Batch::Failed(reason)) => {
                    let items = batches::items(&mut self.0.store.workspace(workspace).await?, batch.id).await?;
                    self.close(workspace, &batch, items, &HashMap::new(), Some(&reason)).await?;
                }
                Ok(llm::Batch::Done(answers)) => {
                    let items = batches::items(&mut self.0.store.workspace(workspace).await?, batch.id).await?;
                    self.close(workspace, &batch, items, &answers.into_iter().collect(), None).await?;
                }
            }
        }
        Ok(left)
    }

    /// Counts a batch as spent of which nobody knows what became.
    async fn lose(&self, workspace: WorkspaceId, batch: &Batch, reason: &str) -> store::Result<()> {
        tracing::warn!(batch = %batch.id, reason, "a batch is given up; the worst it could cost counts as spent");
        let mut tx = self.0.store.workspace(workspace).await?;
        let items = batches::items(&mut tx, batch.id).await?;
        budget::strand(&mut tx, &ids(&items), self.0.clock.now()).await?;
        batches::finish(&mut tx, batch.id, Some(reason), self.0.clock.now()).await?;
        tx.commit().await
    }

    /// Settles questions that were not handed over: they cost nothing.
    async fn unsent(&self, workspace: WorkspaceId, items: Vec<Item>) {
        for item in items {
            if let Ok(call) = serde_json::from_value::<Call>(item.call) {
                let call = Call { outcome: "unsent".to_owned(), ..call };
                self.0.ledger.settle(workspace, call.into()).await;
            }
        }
    }

    /// Settles each question by what came of it, then the batch; one of which the provider does not say what it cost counts
    /// as the worst it can be.
    async fn close(
        &self,
        workspace: WorkspaceId,
        batch: &Batch,
        items: Vec<Item>,
        answers: &HashMap<String, Outcome<Reply>>,
        error: Option<&str>,
    ) -> store::Result<()> {
        let (name, ids) = (format!("{}/{}", batch.provider, batch.model), ids(&items));
        for item in items {
            let Ok(mut call) = serde_json::from_value::<Call>(item.call) else { continue };
            let Ok(kept) = self.priced(&mut call, &name, answers.get(&item.id.to_string()), batch) else { continue };
            let key: Option<Key> = item.key.try_into().ok();
            let answer = key.as_ref().zip(kept.as_ref());
            self.0.ledger.settle(workspace, End { call, answer, about: None }).await;
        }
        let mut tx = self.0.store.workspace(workspace).await?;
        budget::strand(&mut tx, &ids, self.0.clock.now()).await?;
        batches::finish(&mut tx, batch.id, error, self.0.clock.now()).await?;
        tx.commit().await
    }

    /// What one question cost, and its answer where there is one that is JSON.
    fn priced(
        &self,
        call: &mut Call,
        name: &str,
        outcome: Option<&Outcome<Reply>>,
        batch: &Batch,
    ) -> Result<Option<Kept>, CostUnknown> {
        let (usage, text) = match outcome {
            Some(Ok(reply)) => (reply.usage.ok_or(CostUnknown)?, Some(&reply.text)),
            Some(Err((error, usage))) => {
                error.name().clone_into(&mut call.outcome);
                let nothing = (error.billed() == Billed::Nothing).then(Usage::default);
                (usage.or(nothing).ok_or(CostUnknown)?, None)
            }
            None => {
                "unanswered".clone_into(&mut call.outcome);
                (Usage::default(), None)
            }
        };
        let day = batch.created_at.date_naive();
        let listed = super::prices::listed(&self.0.providers.config(), name, day).ok_or(CostUnknown)?;
        let full = listed.price.cost(Usage { cached: 0, ..usage });
        let cost = listed.price.at(BATCH_PERCENT).cost(usage);
        let saved = Saved { batch: full.less(cost), tier: self.top_cost(usage).less(full), ..Saved::default() };
        (call.usage, call.cost, call.saved) = (usage, cost, saved);
        let Some(text) = text else { return Ok(None) };
        let answer = serde_json::from_str(text).ok().filter(|answer| !has_nul(answer));
        if answer.is_some() { "answered" } else { "garbled" }.clone_into(&mut call.outcome);
        // Who asks for it now pays nothing and saves nothing either: this is the work itself, not a repetition.
        let (usage, cost) = (Usage::default(), Micros::ZERO);
        Ok(answer.map(|answer| Kept { model: name.to_owned(), answer, usage, cost }))
    }
}

fn ids(items: &[Item]) -> Vec<Uuid> {
    items.iter().map(|item| item.id.0).collect()
}
