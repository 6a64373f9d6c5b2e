//! Units over the system bus, with systemd's own library. Its calls block, so each goes to a thread for that; each opens
//! a connection of its own, which costs a millisecond and never has to be made anew after the bus was away.

use async_trait::async_trait;
use chrono::DateTime;
use systemd::bus::types::{FromSdBusMessage, SdBusType, Variant};
use systemd::bus::{Bus, Message};

use super::{Error, Order, UnitState, Units};

const SYSTEMD: &str = "org.freedesktop.systemd1";
const UNIT: &str = "org.freedesktop.systemd1.Unit";
const SERVICE: &str = "org.freedesktop.systemd1.Service";

/// How long the bus may take to answer, in microseconds.
const LIMIT_US: u64 = 5_000_000;

/// The machine's systemd.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemBus;

#[async_trait]
impl Units for SystemBus {
    async fn state(&self, unit: &str) -> Result<UnitState, Error> {
        let path = path(unit);
        blocking(move |bus| {
            let installed = property::<String>(bus, &path, UNIT, "LoadState")? == "loaded";
            let changed: u64 = property(bus, &path, UNIT, "StateChangeTimestamp")?;
            let memory: u64 = property(bus, &path, SERVICE, "MemoryCurrent")?;
            Ok(UnitState {
                installed,
                active: property(bus, &path, UNIT, "ActiveState")?,
                sub: property(bus, &path, UNIT, "SubState")?,
                result: property(bus, &path, SERVICE, "Result")?,
                since: i64::try_from(changed).ok().filter(|time| *time > 0).and_then(DateTime::from_timestamp_micros),
                restarts: property(bus, &path, SERVICE, "NRestarts")?,
                // Not accounted, or not running: all bits set.
                memory: (memory != u64::MAX).then_some(memory),
            })
        })
        .await
    }

    async fn order(&self, unit: &str, order: Order) -> Result<(), Error> {
        let unit = unit.to_owned();
        let (method, in_mode) = match order {
            Order::Start => ("StartUnit", true),
            Order::Stop => ("StopUnit", true),
            Order::Restart => ("RestartUnit", true),
            Order::ResetFailed => ("ResetFailedUnit", false),
        };
        blocking(move |bus| {
            let manager = "org.freedesktop.systemd1.Manager";
            let mut call = bus.new_method_call(SYSTEMD, "/org/freedesktop/systemd1", manager, method)?;
            call.append(unit.as_str())?;
            if in_mode {
                call.append("replace")?;
            }
            answer(call).map(drop)
        })
        .await
    }
}

async fn blocking<T: Send + 'static>(
    work: impl FnOnce(&mut Bus) -> systemd::Result<T> + Send + 'static,
) -> Result<T, Error> {
    let work = move || {
        let mut bus = Bus::open_system()?;
        let outcome = work(&mut bus);
        bus.close();
        outcome
    };
    let outcome = tokio::task::spawn_blocking(work).await.map_err(|error| Error::new(error.to_string()))?;
    outcome.map_err(|error| Error::new(error.to_string()))
}

fn property<T>(bus: &mut Bus, path: &str, interface: &str, name: &str) -> systemd::Result<T>
where
    T: for<'a> FromSdBusMessage<'a> + SdBusType,
{
    let mut call = bus.new_method_call(SYSTEMD, path, "org.freedesktop.DBus.Properties", "Get")?;
    call.append(interface)?;
    call.append(name)?;
    let mut reply = answer(call)?;
    let value = reply.iter()?.next::<Variant<T>>()?;
    value.map(|Variant(value)| value).ok_or_else(|| systemd::Error::other(format!("{name} has no value")))
}

fn answer(mut call: Message) -> systemd::Result<Message> {
    call.call(LIMIT_US).map_err(|error| {
        let reason = error.message().map_or_else(|| error.to_string(), ToString::to_string);
        systemd::Error::other(reason)
    })
}

/// The unit's object path: everything but letters and digits as `_` and two hexadecimal digits (`sd_bus_path_encode(3)`).
fn path(unit: &str) -> String {
    let escaped = unit.bytes().enumerate().map(|(at, byte)| {
        let plain = byte.is_ascii_alphabetic() || (byte.is_ascii_digit() && at > 0);
        if plain { char::from(byte).to_string() } else { format!("_{byte:02x}") }
    });
    format!("/org/freedesktop/systemd1/unit/{}", escaped.collect::<String>())
}

#[cfg(test)]
mod tests {
    use super::path;

    #[test]
    fn a_units_path_is_escaped_as_systemd_does_it() {
        assert_eq!(
            path("talentprompt-postgres.service"),
            "/org/freedesktop/systemd1/unit/talentprompt_2dpostgres_2eservice"
        );
    }
}
