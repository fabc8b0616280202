//! What a device says was printed, gathered while a document is on its way.
//!
//! An IPP device tells it with the job (RFC 8011 section 5.3.18), a session with the end of a document. Of any other the life-time counter of its Printer MIB is
//! read before and after (RFC 3805, `prtMarkerLifeCount`; guide, "Post track").

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use domain::charge::post::{self, Report, ReportRefused};
use domain::device::Device;
use tokio::time::{Instant, sleep};
use wire::snmp::Value;
use wire::snmp::mib;

use crate::snmp::{SnmpError, Target, get};
use crate::state::Jobserver;

/// How often the counter of a printer that is busy is looked at.
const LOOK_EVERY: Duration = Duration::from_millis(200);

/// `hrPrinterStatus` (RFC 2790): the printer is at work.
const PRINTING: i64 = 4;
const WARMUP: i64 = 5;

/// Takes reports of the device; the last one counts.
#[derive(Debug, Default)]
pub(crate) struct Meter {
    wanted: bool,
    said: Mutex<Option<Result<Report, ReportRefused>>>,
    /// Coverage of cyan, magenta, yellow and black in hundredths of a percent.
    toner: Mutex<Option<[u16; 4]>>,
}

impl Meter {
    /// A meter that asks the device, or does not.
    pub(crate) fn new(wanted: bool) -> Self {
        Self { wanted, ..Self::default() }
    }

    /// Whether anybody wants to know.
    pub(crate) fn is_wanted(&self) -> bool {
        self.wanted
    }

    /// The device reports so much.
    pub(crate) fn report(&self, report: Result<Report, ReportRefused>) {
        if self.wanted {
            *self.said.lock().unwrap_or_else(PoisonError::into_inner) = Some(report);
        }
    }

    /// The device measured its toner (guide, "Post track").
    pub(crate) fn toner(&self, coverage: [u16; 4]) {
        if self.wanted {
            *self.toner.lock().unwrap_or_else(PoisonError::into_inner) = Some(coverage);
        }
    }

    /// The toner it measured.
    pub(super) fn toner_said(&self) -> Option<[u16; 4]> {
        *self.toner.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What it reported.
    pub(super) fn said(&self) -> Option<Result<Report, ReportRefused>> {
        *self.said.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Reads the device's counter before a document is sent; `None` when nobody wants to know, or it does not count.
    pub(crate) async fn before(&self, server: &Jobserver, device: &Device) -> Option<Reading> {
        if !self.wanted {
            return None;
        }
        let target = server.snmp_target(device).await?;
        match look(&target).await {
            Ok(Some(seen)) => Some(Reading { target, life: seen.life }),
            Ok(None) => None,
            Err(error) => {
                tracing::info!(device.name = %device.name, %error, "the device's pages are not counted");
                None
            }
        }
    }

    /// Reads it again when the device has come to rest, at the latest after `patience`, and reports the difference.
    pub(crate) async fn after(&self, before: Option<Reading>, patience: Duration) {
        let Some(before) = before else { return };
        let deadline = Instant::now() + patience;
        loop {
            match look(&before.target).await {
                Ok(Some(seen)) if seen.busy && Instant::now() < deadline => sleep(LOOK_EVERY).await,
                Ok(Some(seen)) => return self.report(since(before.life, seen.life)),
                Ok(None) => return,
                Err(error) => {
                    tracing::warn!(%error, "the device's pages could not be read after a document");
                    return;
                }
            }
        }
    }
}

/// A counter before a document.
#[derive(Debug)]
pub(crate) struct Reading {
    target: Target,
    life: u32,
}

struct Seen {
    life: u32,
    busy: bool,
}

async fn look(target: &Target) -> Result<Option<Seen>, SnmpError> {
    let [life, status] = get(target, [mib::PRT_MARKER_LIFE_COUNT, mib::HR_PRINTER_STATUS]).await?;
    let number = |value: Option<Value>| value.and_then(|value| value.number());
    let Some(life) = number(life).and_then(|life| u32::try_from(life).ok()) else { return Ok(None) };
    let busy = matches!(number(status), Some(PRINTING | WARMUP));
    Ok(Some(Seen { life, busy }))
}

/// The pages between two readings. A counter of 32 bits begins again after its last value; that is no going backwards.
fn since(before: u32, after: u32) -> Result<Report, ReportRefused> {
    let wrapped = before > u32::MAX / 4 * 3 && after < u32::MAX / 4;
    let after = i64::from(after) + if wrapped { 1 << 32 } else { 0 };
    post::between(before.into(), after)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_counter_may_begin_again_but_not_go_backwards() {
        let pages = |before, after| since(before, after).map(|report| report.impressions);
        assert_eq!(pages(100, 103), Ok(3));
        assert_eq!(pages(u32::MAX - 1, 1), Ok(3));
        assert_eq!(pages(100, 90), Err(ReportRefused::Backwards { before: 100, after: 90 }));
        assert_eq!(pages(0, 0), Ok(0));
    }

    #[test]
    fn nobody_is_told_who_does_not_want_to_know() {
        let meter = Meter::new(false);
        meter.report(Ok(Report { impressions: 3, ..Report::default() }));
        assert_eq!(meter.said(), None);
        let meter = Meter::new(true);
        meter.report(Err(ReportRefused::Negative));
        assert_eq!(meter.said(), Some(Err(ReportRefused::Negative)));
    }
}
