//! Models: who is set up and answers, whether each has a price, and how much of the money is gone. Asks for lists of
//! models, which cost nothing; `talentprompt ai test` asks the models themselves.

use super::Finding;
use crate::ai::test::named;
use crate::config::ai::part;
use crate::config::{Config, PROVIDERS};
use crate::context::Context;
use crate::gateways::llm::Error;
use crate::model::money::Micros;
use crate::store::ai::budget;

const NAME: &str = "ai";

pub(super) async fn checks(ctx: &Context) -> Vec<Finding> {
    let config = ctx.config.get();
    let set_up: Vec<&str> = PROVIDERS.into_iter().filter(|name| config.provider(name).is_some()).collect();
    if set_up.is_empty() {
        let saw = "no provider is set up: nothing is sent to any model and nothing is paid; the rules do the work";
        return vec![Finding::ok(NAME, saw)];
    }
    let mut findings = vec![leaves(&config, &set_up)];
    for provider in &set_up {
        let mut names = named(&config, provider);
        // Vectors are not chats: their model is asked for by itself.
        names.extend(Some(&config.ai.embed).filter(|name| part(name).is_some_and(|(of, _)| of == *provider)).cloned());
        findings.push(match ctx.ai.models(provider).await {
            Some(Ok(models)) => known(provider, &names, &models),
            Some(Err(error)) => away(provider, &error),
            None => continue,
        });
        let unpriced: Vec<&str> =
            names.iter().filter(|name| ctx.ai.target(name).is_err()).map(String::as_str).collect();
        if !unpriced.is_empty() {
            let saw = format!("the price of {} is not known", unpriced.join(", "));
            let todo = format!("add a line \"{} INPUT CACHED OUTPUT CONTEXT\" to `[ai] prices`", unpriced[0]);
            findings.push(Finding::warning("ai prices", saw, "without a price it is not asked", todo));
        }
    }
    findings.push(spend(ctx, &config).await);
    findings
}

/// Whether anything leaves this machine.
fn leaves(config: &Config, set_up: &[&str]) -> Finding {
    if *set_up == ["compatible"] && config.compatible.is_here() {
        return Finding::ok(NAME, "the only provider is on this machine, so nothing leaves it");
    }
    Finding::ok(NAME, format!("set up: {}; what is sent to them stands on the page AI", set_up.join(", ")))
}

/// Judges the list of models that a key may use.
fn known(provider: &str, names: &[String], models: &[String]) -> Finding {
    let check = "ai provider";
    let is_known = |name: &&String| name.split_once('/').is_some_and(|(_, model)| models.iter().any(|m| m == model));
    let unknown: Vec<&str> = names.iter().filter(|name| !is_known(name)).map(String::as_str).collect();
    match (names.is_empty(), unknown.is_empty()) {
        (true, _) => {
            let todo = format!("name a model of it, as \"{provider}/…\", in a chain of `[ai]`, or take its key away");
            Finding::warning(
                check,
                format!("{provider} answers"),
                "no chain names a model of it, so it is not asked",
                todo,
            )
        }
        (false, true) => Finding::ok(check, format!("{provider} answers and has all {} models", names.len())),
        (false, false) => {
            let saw = format!("{provider} answers, but does not list {}", unknown.join(", "));
            let means = "where a model is not there the next of the chain is asked";
            Finding::warning(check, saw, means, "talentprompt ai test, which names the nearest ones")
        }
    }
}

/// Judges why a provider does not list its models.
fn away(provider: &str, error: &Error) -> Finding {
    let means = "it is passed over, and where nobody is left the rules do the work";
    let todo = match error {
        Error::Key(_) => format!(
            "write a new key into /etc/talentprompt/credentials/{provider}.api_key, then: systemctl restart talentprompt"
        ),
        Error::Quota(_) => "add money on the provider's own page for billing".to_owned(),
        _ => format!(
            "see that `[{provider}] url` is right and that this machine may reach it; then: talentprompt ai test"
        ),
    };
    Finding::warning("ai provider", format!("{provider}: {error}"), means, todo)
}

/// What is gone of the month's money, and whether calls were lost.
async fn spend(ctx: &Context, config: &Config) -> Finding {
    let check = "ai budget";
    let read = async {
        let stranded = budget::stranded(&mut ctx.store.system().await?, ctx.now()).await?;
        Ok::<_, crate::store::Error>((ctx.ai.month().await?, stranded.len()))
    };
    match read.await {
        Err(error) => Finding::warning(check, error.to_string(), "nothing is paid while it is not known", "see above"),
        Ok((_, lost)) if lost > 0 => {
            let saw = format!("{lost} calls whose end was not heard of");
            let means = "the worst they could cost will count as spent";
            Finding::warning(check, saw, means, "nothing, if the service runs: it settles them within a minute")
        }
        Ok(((spent, limit), _)) => judge(config, spent, limit),
    }
}

fn judge(config: &Config, spent: Micros, limit: Micros) -> Finding {
    let saw = format!("{spent} of {limit} spent this month by all workspaces");
    let todo = "talentprompt ai usage; raise `[ai] month_usd`, or wait for the next month";
    if spent >= limit {
        return Finding::warning("ai budget", saw, "only what costs nothing is asked", todo);
    }
    let near = spent >= limit.percent(config.ai.warn_percent);
    Finding::expect(!near, "ai budget", saw, "the limit is near; beyond it only what costs nothing is asked", todo)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::load;
    use crate::ops::doctor::Level;

    #[test]
    fn a_model_that_is_not_listed_is_told() {
        let names = ["openai/gpt-5".to_owned()];
        let models = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>();
        assert_eq!(known("openai", &names, &models(&["gpt-5", "gpt-4o"])).level, Level::Ok);
        let told = known("openai", &names, &models(&["gpt-4o"]));
        assert!(told.level == Level::Warning && told.saw.contains("openai/gpt-5"));
        assert_eq!(known("openai", &[], &models(&["gpt-4o"])).level, Level::Warning);
    }

    #[test]
    fn a_provider_that_does_not_answer_comes_with_what_to_do() {
        let told = away("claude", &Error::Key("invalid x-api-key".to_owned()));
        assert!(told.todo.unwrap().contains("claude.api_key"));
        assert!(away("openai", &Error::Timeout).todo.unwrap().contains("`[openai] url`"));
    }

    #[test]
    fn money_that_is_nearly_gone_is_told() {
        let config = load(None).unwrap().config;
        let level = |dollars| judge(&config, Micros::dollars(dollars), Micros::dollars(100)).level;
        assert_eq!([level(79), level(80), level(100)], [Level::Ok, Level::Warning, Level::Warning]);
    }

    #[test]
    fn whether_anything_leaves_the_machine_is_a_fact() {
        let mut config = load(None).unwrap().config;
        config.compatible.url = "http://127.0.0.1:11434/v1".to_owned();
        assert!(leaves(&config, &["compatible"]).saw.contains("nothing leaves it"));
        assert!(leaves(&config, &["openai", "compatible"]).saw.contains("openai, compatible"));
    }
}
