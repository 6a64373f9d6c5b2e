//! Watches the local services: asks each every few seconds, and has systemd start again what does not answer.
//!
//! systemd itself starts again what ends; it does not see what hangs, and gives up on what ends too often. Here both are
//! noticed, tried again with growing pauses, and said: a service that ends again and again is in a crash loop also while
//! it happens to answer. What somebody stopped on purpose is left alone.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use futures::future::join_all;
use tokio::sync::watch;
use tokio::time::{MissedTickBehavior, interval, timeout};
use tokio_util::sync::CancellationToken;

use super::local::Service;
use super::probe::Facts;
use crate::base::clock::Clock;
use crate::gateways::systemd::{Order, UnitState, Units};
use crate::model::service::{ServiceState, Supervised};

/// How often each is asked. With two answers missed, each after its limit, a service that hangs is noticed after 12 s.
const EVERY: Duration = Duration::from_secs(5);
const ANSWER: Duration = Duration::from_secs(2);
const MISSES: u32 = 2;

/// How long a unit may be active and not answer before it counts as hung, when it has not answered yet.
const GRACE: TimeDelta = TimeDelta::seconds(60);

/// So many restarts within the window are a crash loop.
const LOOP: usize = 5;
const WINDOW: TimeDelta = TimeDelta::minutes(10);

/// The pause after the first restart, doubled with each; and between attempts on a crash loop.
const PAUSE: TimeDelta = TimeDelta::seconds(5);
const RARE: TimeDelta = TimeDelta::minutes(5);

/// What is to be done now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Act {
    Start,
    Restart,
}

/// One service, watched.
pub struct Watched {
    service: Service,
    state: ServiceState,
    since: DateTime<Utc>,
    /// Restarts within the window.
    restarts: VecDeque<DateTime<Utc>>,
    /// All restarts that are known.
    total: usize,
    /// systemd's own count of restarts, as it was last; it begins anew with each start by hand.
    counted: Option<usize>,
    misses: u32,
    answered: bool,
    started: bool,
    not_before: DateTime<Utc>,
    facts: Facts,
    memory: Option<u64>,
    detail: Option<String>,
}

impl Watched {
    /// Nothing is known of `service` yet.
    pub fn new(service: Service, now: DateTime<Utc>) -> Self {
        Self {
            service,
            state: ServiceState::Starting,
            since: now,
            restarts: VecDeque::new(),
            total: 0,
            counted: None,
            misses: 0,
            answered: false,
            started: false,
            not_before: now,
            facts: Facts::default(),
            memory: None,
            detail: None,
        }
    }

    /// What is known now.
    pub fn report(&self) -> Supervised {
        Supervised {
            name: self.service.name,
            unit: self.service.unit,
            state: self.state,
            since: self.since,
            restarts: self.total,
            memory_bytes: self.memory,
            disk_bytes: self.facts.disk_bytes,
            version: self.facts.version.clone(),
            detail: self.detail.clone(),
        }
    }

    /// Asks the service and systemd, without doing anything.
    pub async fn look(&mut self, units: &dyn Units, now: DateTime<Utc>) {
        self.judge(now, units).await;
    }

    /// Asks the service and systemd, and does what is needed.
    pub(super) async fn keep(&mut self, units: &dyn Units, now: DateTime<Utc>) {
        let before = self.state;
        if let Some(act) = self.judge(now, units).await {
            let unit = self.service.unit;
            tracing::info!(unit, act = ?act, reason = self.detail, "a service is started");
            let order = if act == Act::Start { Order::Start } else { Order::Restart };
            // A unit that failed too often is not started before this; for any other it does nothing.
            drop(units.order(unit, Order::ResetFailed).await);
            if let Err(error) = units.order(unit, order).await {
                self.detail = Some(format!("systemd does not start it: {error}"));
            }
        }
        self.tell(before);
    }

    async fn judge(&mut self, now: DateTime<Utc>, units: &dyn Units) -> Option<Act> {
        let asked = timeout(ANSWER, self.service.probe.ask());
        let (answer, unit) = tokio::join!(asked, units.state(self.service.unit));
        let answer = answer.unwrap_or_else(|_| Err("it does not answer".to_owned()));
        match (unit, answer) {
            (Ok(unit), answer) => self.decide(now, answer, &unit),
            (Err(error), Ok(facts)) => {
                self.facts = facts;
                self.become_state(ServiceState::Up, now, Some(error.to_string()));
                None
            }
            (Err(error), Err(reason)) => {
                self.become_state(ServiceState::Down, now, Some(format!("{reason}; {error}")));
                None
            }
        }
    }

    /// What follows from an answer and the unit's state.
    pub(super) fn decide(
        &mut self,
        now: DateTime<Utc>,
        answer: Result<Facts, String>,
        unit: &UnitState,
    ) -> Option<Act> {
        // What is seen for the first time has been so for as long as systemd knows.
        let since = if self.counted.is_none() { unit.since.unwrap_or(now) } else { now };
        self.count(now, unit);
        self.memory = unit.memory;
        let looping = self.restarts.len() >= LOOP;
        let reason = match answer {
            Ok(facts) => {
                (self.facts, self.misses, self.answered) = (facts, 0, true);
                let state = if looping { ServiceState::CrashLoop } else { ServiceState::Up };
                self.become_state(state, since, looping.then(|| self.often()));
                return None;
            }
            Err(reason) => reason,
        };
        self.misses += 1;
        if !unit.installed {
            self.become_state(ServiceState::NotInstalled, since, Some(reason));
            return None;
        }
        match unit.active.as_str() {
            "inactive" if unit.result == "success" && self.answered => {
                self.become_state(ServiceState::Stopped, since, Some("somebody stopped it".to_owned()));
                None
            }
            "inactive" | "failed" => {
                let ended = if unit.result == "success" { reason } else { format!("it ended: {}", unit.result) };
                self.act(now, Act::Start, ended)
            }
            "active" => {
                let silent_since_start = !self.answered
                    && unit.since.is_none_or(|since| (TimeDelta::zero()..GRACE).contains(&(now - since)));
                if silent_since_start || self.misses < MISSES {
                    if !self.answered {
                        self.become_state(ServiceState::Starting, since, Some(reason));
                    }
                    return None;
                }
                self.act(now, Act::Restart, format!("it hangs: {reason}"))
            }
            // On its way up or down; systemd ends what takes too long.
            _ => {
                let state = if looping { ServiceState::CrashLoop } else { ServiceState::Starting };
                self.become_state(state, since, Some(if looping { self.often() } else { reason }));
                None
            }
        }
    }

    /// Takes systemd's own restarts into account.
    fn count(&mut self, now: DateTime<Utc>, unit: &UnitState) {
        let known = usize::try_from(unit.restarts).unwrap_or_default();
        let fresh = known.saturating_sub(self.counted.unwrap_or(known));
        self.total = if self.counted.is_none() { known } else { self.total + fresh };
        self.counted = Some(known);
        self.restarts.extend((0..fresh).map(|_| now));
        while self.restarts.front().is_some_and(|first| now - *first > WINDOW || *first > now) {
            self.restarts.pop_front();
        }
    }

    /// Starts it (again), unless it is too soon for that.
    fn act(&mut self, now: DateTime<Utc>, act: Act, reason: String) -> Option<Act> {
        let looping = self.restarts.len() >= LOOP || self.state == ServiceState::CrashLoop;
        let (state, reason) = if looping {
            (ServiceState::CrashLoop, format!("{reason}; {}", self.often()))
        } else if self.started || self.answered {
            (ServiceState::Down, reason)
        } else {
            (ServiceState::Starting, reason)
        };
        self.become_state(state, now, Some(reason));
        // Further ahead than it is ever set it was set by a clock that was ahead.
        if now < self.not_before && self.not_before - now <= RARE {
            return None;
        }
        if self.started || self.answered {
            self.restarts.push_back(now);
            self.total += 1;
        }
        let doubled = 1_i32 << self.restarts.len().min(LOOP);
        self.not_before = now + if looping { RARE } else { PAUSE * doubled / 2 };
        (self.started, self.answered, self.misses) = (true, false, 0);
        Some(act)
    }

    fn often(&self) -> String {
        format!(
            "it was started again {} times in the last {} minutes; see `journalctl -u {}`",
            self.restarts.len(),
            WINDOW.num_minutes(),
            self.service.unit
        )
    }

    fn become_state(&mut self, state: ServiceState, now: DateTime<Utc>, detail: Option<String>) {
        if self.state != state {
            (self.state, self.since) = (state, now);
        }
        self.detail = detail;
    }

    /// Says a change where the operator looks.
    fn tell(&self, before: ServiceState) {
        let (unit, detail) = (self.service.unit, self.detail.as_deref().unwrap_or_default());
        match self.state {
            state if state == before => {}
            ServiceState::Up => tracing::info!(unit, "a service answers"),
            ServiceState::CrashLoop => tracing::error!(unit, detail, "a service ends again and again"),
            state => tracing::warn!(unit, state = state.as_str(), detail, "a service does not answer"),
        }
    }
}

/// Keeps `services` running until `stop`, and shows on `board` how they are.
pub async fn run(
    services: Vec<Service>,
    units: Arc<dyn Units>,
    clock: Arc<dyn Clock>,
    board: watch::Sender<Option<Vec<Supervised>>>,
    stop: CancellationToken,
) {
    let mut watched: Vec<Watched> = services.into_iter().map(|service| Watched::new(service, clock.now())).collect();
    let mut ticks = interval(EVERY);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        tokio::select! {
            _ = ticks.tick() => {}
            () = stop.cancelled() => return,
        }
        let now = clock.now();
        join_all(watched.iter_mut().map(|one| one.keep(units.as_ref(), now))).await;
        board.send_replace(Some(watched.iter().map(Watched::report).collect()));
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Mutex;

    use async_trait::async_trait;

    use super::super::probe::Probe;
    use super::*;
    use crate::gateways::systemd::Error;

    const UNIT: &str = "talentprompt-redis.service";

    /// A service that answers, refuses, or hangs.
    #[derive(Clone, Copy)]
    enum Asked {
        Answers,
        Refuses,
        Hangs,
    }

    #[async_trait]
    impl Probe for Asked {
        async fn ask(&self) -> Result<Facts, String> {
            match self {
                Self::Answers => Ok(Facts::default()),
                Self::Refuses => Err("connection refused".to_owned()),
                Self::Hangs => std::future::pending().await,
            }
        }
    }

    /// A systemd that writes down what it is asked to do.
    struct Fake {
        unit: UnitState,
        orders: Mutex<Vec<Order>>,
    }

    #[async_trait]
    impl Units for Fake {
        async fn state(&self, _: &str) -> Result<UnitState, Error> {
            Ok(self.unit.clone())
        }

        async fn order(&self, unit: &str, order: Order) -> Result<(), Error> {
            assert_eq!(unit, UNIT);
            self.orders.lock().unwrap().push(order);
            Ok(())
        }
    }

    fn unit(active: &str, result: &str, restarts: u32) -> UnitState {
        let (active, result) = (active.to_owned(), result.to_owned());
        UnitState { installed: true, active, result, restarts, ..UnitState::default() }
    }

    fn at(seconds: i64) -> DateTime<Utc> {
        DateTime::from_timestamp(1_800_000_000 + seconds, 0).unwrap()
    }

    fn watched(asked: Asked) -> Watched {
        Watched::new(Service { name: "redis", unit: UNIT, probe: Box::new(asked) }, at(0))
    }

    fn refused() -> Result<Facts, String> {
        Err("connection refused".to_owned())
    }

    #[tokio::test]
    async fn a_service_that_hangs_is_restarted_at_the_second_answer_it_misses() {
        let units = Fake { unit: unit("active", "success", 0), orders: Mutex::default() };
        let mut redis = watched(Asked::Answers);
        redis.keep(&units, at(0)).await;
        assert_eq!(redis.report().state, ServiceState::Up);
        redis.service.probe = Box::new(Asked::Hangs);
        redis.keep(&units, at(5)).await;
        assert_eq!(*units.orders.lock().unwrap(), []);
        redis.keep(&units, at(10)).await;
        assert_eq!(*units.orders.lock().unwrap(), [Order::ResetFailed, Order::Restart]);
        let report = redis.report();
        assert_eq!((report.state, report.restarts, report.since), (ServiceState::Down, 1, at(10)));
        assert_eq!(report.detail.as_deref(), Some("it hangs: it does not answer"));
    }

    #[tokio::test]
    async fn a_service_that_is_not_running_is_started_and_that_is_no_restart() {
        let units = Fake { unit: unit("inactive", "success", 0), orders: Mutex::default() };
        let mut redis = watched(Asked::Refuses);
        redis.keep(&units, at(0)).await;
        assert_eq!(*units.orders.lock().unwrap(), [Order::ResetFailed, Order::Start]);
        assert_eq!((redis.report().state, redis.report().restarts), (ServiceState::Starting, 0));
    }

    #[test]
    fn what_somebody_stopped_is_left_alone_and_what_crashed_is_not() {
        let mut redis = watched(Asked::Answers);
        redis.decide(at(0), Ok(Facts::default()), &unit("active", "success", 0));
        assert_eq!(redis.decide(at(5), refused(), &unit("inactive", "success", 0)), None);
        assert_eq!(redis.report().state, ServiceState::Stopped);
        redis.decide(at(10), Ok(Facts::default()), &unit("active", "success", 0));
        assert_eq!(redis.report().state, ServiceState::Up);
        assert_eq!(redis.decide(at(15), refused(), &unit("failed", "signal", 0)), Some(Act::Start));
        assert_eq!(redis.report().detail.as_deref(), Some("it ended: signal"));
    }

    #[test]
    fn pauses_grow_and_a_crash_loop_is_said_and_tried_only_rarely() {
        let mut redis = watched(Asked::Refuses);
        let tries: Vec<i64> = (0..3600)
            .step_by(5)
            .filter(|second| redis.decide(at(*second), refused(), &unit("failed", "exit-code", 0)).is_some())
            .collect();
        let pauses: Vec<i64> = tries.windows(2).map(|pair| pair[1] - pair[0]).collect();
        assert_eq!(pauses[..5], [5, 5, 10, 20, 40]);
        assert!(pauses[6..].iter().all(|pause| *pause == 300), "{pauses:?}");
        let report = redis.report();
        assert_eq!(report.state, ServiceState::CrashLoop);
        assert!(report.detail.unwrap().contains("see `journalctl -u talentprompt-redis.service`"));
    }

    #[test]
    fn a_crash_loop_is_not_hidden_by_an_answer_in_between_and_ends_when_it_is_over() {
        let mut redis = watched(Asked::Answers);
        for restarts in 0..6 {
            redis.decide(at(5 * i64::from(restarts)), Ok(Facts::default()), &unit("active", "success", restarts));
        }
        assert_eq!((redis.report().state, redis.report().restarts), (ServiceState::CrashLoop, 5));
        redis.decide(at(700), Ok(Facts::default()), &unit("active", "success", 5));
        assert_eq!((redis.report().state, redis.report().restarts), (ServiceState::Up, 5));
    }

    #[test]
    fn a_service_that_needs_long_to_start_is_given_a_minute() {
        let mut redis = watched(Asked::Refuses);
        let active = UnitState { since: Some(at(0)), ..unit("active", "success", 0) };
        assert!((0..60).step_by(5).all(|second| redis.decide(at(second), refused(), &active).is_none()));
        assert_eq!(redis.report().state, ServiceState::Starting);
        assert_eq!(redis.decide(at(60), refused(), &active), Some(Act::Restart));
    }

    #[test]
    fn a_unit_that_is_not_there_is_said_to_be_so() {
        let mut redis = watched(Asked::Refuses);
        assert_eq!(redis.decide(at(0), refused(), &UnitState::default()), None);
        assert_eq!(redis.report().state, ServiceState::NotInstalled);
    }
}
