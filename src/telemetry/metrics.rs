//! Metric families, in the format of `OpenMetrics`: counted where something happens, read on the private listener. Labels have few values:
//! routes as the router names them, never paths; no workspace, no person.

use std::fmt::Write as _;
use std::sync::LazyLock;
use std::sync::atomic::AtomicU64;
use std::time::Duration;

use prometheus_client::encoding::{EncodeLabelSet, text};
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::registry::Registry;

/// Micro-dollars in a dollar.
const DOLLAR: f64 = 1e6;

/// Bounds of how long a request takes, in seconds: a search should be below 0.3, and no request takes more than 15.
const REQUEST_SECONDS: [f64; 10] = [0.005, 0.01, 0.03, 0.1, 0.3, 1.0, 3.0, 5.0, 10.0, 15.0];

/// Bounds of how long a model takes, in seconds: from a small model here to a large one that thinks.
const MODEL_SECONDS: [f64; 9] = [0.1, 0.3, 0.5, 1.0, 2.0, 5.0, 10.0, 30.0, 60.0];

type Real = Counter<f64, AtomicU64>;
type Level = Gauge<f64, AtomicU64>;

/// The end of a call of a model.
#[derive(Debug, Clone, Copy)]
pub struct AiCall<'a> {
    /// Who answered.
    pub provider: &'a str,
    /// Which model.
    pub model: &'a str,
    /// The tier; empty for embeddings.
    pub tier: &'a str,
    /// What for.
    pub feature: &'a str,
    /// What came of it.
    pub outcome: &'a str,
    /// What it cost, in micro-dollars.
    pub cost: i64,
    /// Tokens sent, of these still known to the provider, and answered; all nothing where nobody was asked.
    pub tokens: [u32; 3],
    /// Saved by cache, batch, prefix and tier, in micro-dollars.
    pub saved: [i64; 4],
    /// How long it took; none where nobody was asked.
    pub took: Option<Duration>,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct CallLabels {
    provider: String,
    model: String,
    tier: String,
    feature: String,
    outcome: String,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct TokenLabels {
    provider: String,
    model: String,
    feature: String,
    kind: &'static str,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct SavedLabels {
    feature: String,
    by: &'static str,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct ModelLabels {
    provider: String,
    model: String,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct BudgetLabels {
    period: &'static str,
    kind: &'static str,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct RequestLabels {
    method: String,
    route: String,
    status: u16,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct RouteLabels {
    route: String,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct StateLabels {
    state: &'static str,
}

struct Metrics {
    registry: Registry,
    ai_calls: Family<CallLabels, Counter>,
    ai_cost: Family<CallLabels, Real>,
    ai_tokens: Family<TokenLabels, Counter>,
    ai_saved: Family<SavedLabels, Real>,
    ai_seconds: Family<ModelLabels, Histogram, fn() -> Histogram>,
    ai_resting: Family<ModelLabels, Level>,
    ai_budget: Family<BudgetLabels, Level>,
    requests: Family<RequestLabels, Counter>,
    request_seconds: Family<RouteLabels, Histogram, fn() -> Histogram>,
    tasks: Family<StateLabels, Gauge>,
}

static METRICS: LazyLock<Metrics> = LazyLock::new(|| {
    let metrics = Metrics {
        registry: Registry::with_prefix("talentprompt"),
        ai_calls: Family::default(),
        ai_cost: Family::default(),
        ai_tokens: Family::default(),
        ai_saved: Family::default(),
        ai_seconds: Family::new_with_constructor(|| Histogram::new(MODEL_SECONDS)),
        ai_resting: Family::default(),
        ai_budget: Family::default(),
        requests: Family::default(),
        request_seconds: Family::new_with_constructor(|| Histogram::new(REQUEST_SECONDS)),
        tasks: Family::default(),
    };
    registered(metrics)
});

fn registered(mut metrics: Metrics) -> Metrics {
    let registry = &mut metrics.registry;
    registry.register("ai_calls", "Calls of models, and answers used again", metrics.ai_calls.clone());
    registry.register("ai_cost_dollars", "What models cost", metrics.ai_cost.clone());
    registry.register("ai_tokens", "Tokens that were paid for", metrics.ai_tokens.clone());
    registry.register(
        "ai_saved_dollars",
        "What was saved against the top model's full price",
        metrics.ai_saved.clone(),
    );
    registry.register("ai_call_seconds", "How long models took", metrics.ai_seconds.clone());
    registry.register(
        "ai_resting",
        "Seconds for which a model is not asked, after failures",
        metrics.ai_resting.clone(),
    );
    registry.register(
        "ai_budget_dollars",
        "The appliance's limits, and what is gone of them",
        metrics.ai_budget.clone(),
    );
    registry.register("http_requests", "Requests that were answered", metrics.requests.clone());
    registry.register("http_request_seconds", "How long until an answer began", metrics.request_seconds.clone());
    registry.register("tasks", "Background tasks", metrics.tasks.clone());
    metrics
}

/// Counts the end of a call of a model.
pub fn ai_call(call: &AiCall<'_>) {
    let [provider, model, feature] = [call.provider, call.model, call.feature].map(str::to_owned);
    let (tier, outcome) = (call.tier.to_owned(), call.outcome.to_owned());
    if let Some(took) = call.took {
        let labels = ModelLabels { provider: provider.clone(), model: model.clone() };
        METRICS.ai_seconds.get_or_create(&labels).observe(took.as_secs_f64());
    }
    for (kind, tokens) in ["input", "cached", "output"].into_iter().zip(call.tokens) {
        let labels = TokenLabels { provider: provider.clone(), model: model.clone(), feature: feature.clone(), kind };
        METRICS.ai_tokens.get_or_create(&labels).inc_by(u64::from(tokens));
    }
    for (by, saved) in ["cache", "batch", "prefix", "tier"].into_iter().zip(call.saved) {
        METRICS.ai_saved.get_or_create(&SavedLabels { feature: feature.clone(), by }).inc_by(dollars(saved));
    }
    let labels = CallLabels { provider, model, tier, feature, outcome };
    METRICS.ai_cost.get_or_create(&labels).inc_by(dollars(call.cost));
    METRICS.ai_calls.get_or_create(&labels).inc();
}

/// Says which models are not asked for a while, as `provider/model`.
pub fn ai_resting(resting: impl IntoIterator<Item = (String, Duration)>) {
    METRICS.ai_resting.clear();
    for (name, rest) in resting {
        let (provider, model) = name.split_once('/').unwrap_or((&name, ""));
        let labels = ModelLabels { provider: provider.to_owned(), model: model.to_owned() };
        METRICS.ai_resting.get_or_create(&labels).set(rest.as_secs_f64());
    }
}

/// Says what is spent, set aside and allowed in a `month` or on a `day`, in micro-dollars.
pub fn ai_budget(period: &'static str, [spent, reserved, limit]: [i64; 3]) {
    for (kind, sum) in [("spent", spent), ("reserved", reserved), ("limit", limit)] {
        METRICS.ai_budget.get_or_create(&BudgetLabels { period, kind }).set(dollars(sum));
    }
}

/// Counts a request whose answer began after `took`.
pub fn request(method: &str, route: &str, status: u16, took: Duration) {
    let (method, route) = (method.to_owned(), route.to_owned());
    METRICS.request_seconds.get_or_create(&RouteLabels { route: route.clone() }).observe(took.as_secs_f64());
    METRICS.requests.get_or_create(&RequestLabels { method, route, status }).inc();
}

/// Says how many background tasks wait, run, and were given up.
pub fn tasks([ready, running, dead]: [i64; 3]) {
    for (state, count) in [("ready", ready), ("running", running), ("dead", dead)] {
        METRICS.tasks.get_or_create(&StateLabels { state }).set(count);
    }
}

/// Everything, as text (`application/openmetrics-text; version=1.0.0; charset=utf-8`).
pub fn text() -> String {
    let mut all = String::new();
    if text::encode(&mut all, &METRICS.registry).is_err() {
        // Writing to a string does not fail; a family that cannot be written is left out.
        let _ = writeln!(all, "# EOF");
    }
    all
}

#[expect(clippy::cast_precision_loss, reason = "sums are far below 2^52 micro-dollars")]
fn dollars(micros: i64) -> f64 {
    micros as f64 / DOLLAR
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_call_is_counted_with_what_it_cost_and_saved() {
        ai_call(&AiCall {
            provider: "openai",
            model: "metered",
            tier: "simple",
            feature: "query",
            outcome: "answered",
            cost: 2_500_000,
            tokens: [100, 40, 7],
            saved: [0, 0, 500_000, 0],
            took: Some(Duration::from_millis(400)),
        });
        ai_budget("month", [1_000_000, 0, 100_000_000]);
        ai_resting([("openai/metered".to_owned(), Duration::from_secs(3))]);
        request("GET", "/api/v1/metered/{id}", 200, Duration::from_millis(2));
        let text = text();
        let labels = "provider=\"openai\",model=\"metered\",tier=\"simple\",feature=\"query\",outcome=\"answered\"";
        for line in [
            format!("talentprompt_ai_calls_total{{{labels}}} 1"),
            format!("talentprompt_ai_cost_dollars_total{{{labels}}} 2.5"),
            "talentprompt_ai_tokens_total{provider=\"openai\",model=\"metered\",feature=\"query\",kind=\"cached\"} 40"
                .into(),
            "talentprompt_ai_call_seconds_bucket{le=\"0.5\",provider=\"openai\",model=\"metered\"} 1".into(),
            "talentprompt_ai_budget_dollars{period=\"month\",kind=\"limit\"} 100".into(),
            "talentprompt_ai_resting{provider=\"openai\",model=\"metered\"} 3".into(),
            "talentprompt_http_requests_total{method=\"GET\",route=\"/api/v1/metered/{id}\",status=\"200\"} 1".into(),
        ] {
            assert!(text.contains(&line), "{line} is not in\n{text}");
        }
        assert!(text.ends_with("# EOF\n"));
        ai_resting([]);
        assert!(!super::text().contains("ai_resting{"), "who is awake again does not rest");
    }
}
