//! What a device says was printed, gathered while a document is on its way.
//!
//! An IPP device tells it with the job (RFC 8011 section 5.3.18), a session with the end of a document. Of any other the life-time counter of its Printer MIB is
//! read before and after (RFC 3805, `prtMarkerLifeCount`; guide, "Post track"). What is left of the toner is read likewise.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use domain::charge::post::{self, Report, ReportRefused};
use domain::charge::toner::{Levels, Used};
use domain::device::Device;
use tokio::time::{Instant, sleep};
use wire::snmp::Value;
use wire::snmp::mib;

use super::toner;
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
    toner: Mutex<Option<Toner>>,
}

/// Toner that a document took.
#[derive(Clone, Copy, Debug)]
enum Toner {
    /// As the device measured it: coverage of cyan, magenta, yellow and black in hundredths of a percent.
    Measured([u16; 4]),
    /// What its toners have less than before.
    Used(Used),
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
        self.toner_took(Toner::Measured(coverage));
    }

    /// What was left of the toner before a document and after it; nothing where the device does not tell.
    pub(crate) fn toner_left(&self, before: &Levels, after: &Levels) {
        if let Some(used) = before.used(after) {
            self.toner_took(Toner::Used(used));
        }
    }

    fn toner_took(&self, toner: Toner) {
        if self.wanted {
            *self.toner.lock().unwrap_or_else(PoisonError::into_inner) = Some(toner);
        }
    }

    /// The toner on so many pages.
    pub(super) fn toner_said(&self, pages: u64) -> Option<[u16; 4]> {
        let toner = *self.toner.lock().unwrap_or_else(PoisonError::into_inner);
        toner.map(|toner| match toner {
            Toner::Measured(coverage) => coverage,
            Toner::Used(used) => used.coverage(pages),
        })
    }

    /// What it reported.
    pub(super) fn said(&self) -> Option<Result<Report, ReportRefused>> {
        *self.said.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Reads the device's counter and toners before a document is sent; `None` when nobody wants to know, or it tells
    /// neither.
    pub(crate) async fn before(&self, server: &Jobserver, device: &Device) -> Option<Reading> {
        if !self.wanted {
            return None;
        }
        let target = server.snmp_target(device).await?;
        let (seen, toner) = tokio::join!(look(&target), server.0.charge.toners.look(&target));
        let life = match seen {
            Ok(seen) => seen.life,
            Err(error) => {
                tracing::info!(device.name = %device.name, %error, "the device's pages are not counted");
                return None;
            }
        };
        let toner = toner.unwrap_or_else(|error| {
            tracing::info!(device.name = %device.name, %error, "the device's toner is not known");
            None
        });
        (life.is_some() || toner.is_some()).then_some(Reading { target, life, toner })
    }

    /// Reads them again when the device has come to rest, at the latest after `patience`, and reports the difference.
    pub(crate) async fn after(&self, before: Option<Reading>, patience: Duration) {
        let Some(Reading { target, life, toner }) = before else { return };
        let deadline = Instant::now() + patience;
        let seen = loop {
            match look(&target).await {
                Ok(seen) if seen.busy && Instant::now() < deadline => sleep(LOOK_EVERY).await,
                Ok(seen) => break seen,
                Err(error) => {
                    tracing::warn!(%error, "the device's pages could not be read after a document");
                    return;
                }
            }
        };
        if let (Some(before), Some(after)) = (life, seen.life) {
            self.report(since(before, after));
        }
        if let Some((rows, before)) = toner {
            match toner::levels(&target, &rows).await {
                Ok(after) => self.toner_left(&before, &after),
                Err(error) => {
                    tracing::info!(%error, "the device's toner could not be read after a document");
                }
            }
        }
    }
}

/// A device before a document.
pub(crate) struct Reading {
    target: Target,
    /// Its counter.
    life: Option<u32>,
    /// What is left of its toners.
    toner: Option<(toner::Rows, Levels)>,
}

struct Seen {
    life: Option<u32>,
    busy: bool,
}

async fn look(target: &Target) -> Result<Seen, SnmpError> {
    let [life, status] = get(target, [mib::PRT_MARKER_LIFE_COUNT, mib::HR_PRINTER_STATUS]).await?;
    let number = |value: Option<Value>| value.and_then(|value| value.number());
    let life = number(life).and_then(|life| u32::try_from(life).ok());
    Ok(Seen { life, busy: matches!(number(status), Some(PRINTING | WARMUP)) })
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
