//! What a document costs at a device.

use std::path::Path;
use std::sync::PoisonError;

use domain::charge::{Cost, NotCounted, usage};
use domain::finishing::{Forced, decide};
use domain::job::Job;
use domain::money::Money;
use domain::price::job_name::JobNamePrices;
use domain::price::{PriceRefused, Scheme, Usage, price};
use domain::user::User;
use storage::StoreError;
use storage::core::DeviceCharging;

use super::terms;
use crate::state::State;
use crate::watched_file::WatchedFile;

/// Prices by the names of documents, in the data directory (guide, "Job name pricing").
pub(super) const NAMES_FILE: &str = "JobNamePricing.txt";

/// What the two schemes of a device say.
#[derive(Clone, Debug, Default)]
pub(crate) struct Schemes {
    pub(crate) one: Option<Scheme>,
    pub(crate) two: Option<Scheme>,
    /// The document's name sets its price by the first scheme.
    named: Option<Money>,
    named_two: Option<Money>,
}

/// A document that has no price.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
pub(super) enum NoPrice {
    #[error(transparent)]
    NotCounted(#[from] NotCounted),
    #[error(transparent)]
    Refused(#[from] PriceRefused),
}

/// By the first and the second scheme.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub(crate) struct Prices {
    pub(crate) one: Money,
    pub(crate) two: Money,
}

impl Schemes {
    /// The schemes of a device, for a document of this name. No scheme: nothing is charged (guide, "Delete a charging
    /// scheme").
    pub(crate) fn load(state: &State, charging: &DeviceCharging, name: &str) -> Result<Self, StoreError> {
        if charging.scheme_one.is_none() && charging.scheme_two.is_none() {
            return Ok(Self::default());
        }
        let schemes = state.store.schemes_list()?;
        let find = |id: Option<i64>| {
            schemes.iter().find(|stored| Some(stored.id) == id).map(|stored| stored.scheme.clone())
        };
        let (one, two) = (find(charging.scheme_one), find(charging.scheme_two));
        let named = |scheme: &Option<Scheme>| {
            scheme
                .as_ref()
                .filter(|scheme| scheme.job_name_pricing)
                .and_then(|_| state.charge.name_price(name))
        };
        Ok(Self { named: named(&one), named_two: named(&two), one, two })
    }

    /// What the whole document costs.
    pub(super) fn whole(&self, job: &Job, copies: i32) -> Result<Prices, NoPrice> {
        let by = |scheme: &Option<Scheme>, named: Option<Money>| match (scheme, named) {
            (None, _) => Ok(Money::ZERO),
            (Some(_), Some(fixed)) => Ok(fixed),
            (Some(scheme), None) => Ok::<_, NoPrice>(price(scheme, &usage(&job.count, copies)?)?),
        };
        Ok(Prices { one: by(&self.one, self.named)?, two: by(&self.two, self.named_two)? })
    }

    /// What a part of it costs. A price that the document's name sets is for the whole: a part is free.
    pub(super) fn part(&self, usage: &Usage) -> Result<Prices, NoPrice> {
        let by = |scheme: &Option<Scheme>, named: Option<Money>| match (scheme, named) {
            (None, _) | (Some(_), Some(_)) => Ok(Money::ZERO),
            (Some(scheme), None) => price(scheme, usage).map_err(NoPrice::from),
        };
        Ok(Prices { one: by(&self.one, self.named)?, two: by(&self.two, self.named_two)? })
    }
}

/// What the panel of a device shows of each document's price: nothing for people who do not pay there, and nothing where
/// there is no price.
pub(crate) fn shown(
    state: &State,
    device: &domain::device::Device,
    user: &User,
    jobs: &[Job],
) -> Result<Vec<Option<Money>>, StoreError> {
    let charging = state.store.device_charging(device.id)?;
    let control = state.store.user_terms(user.id)?.control;
    if terms::of(&charging.terms, control) != Cost::Pay {
        return Ok(vec![None; jobs.len()]);
    }
    let schemes = Schemes::load(state, &charging, "")?;
    jobs.iter()
        .map(|job| {
            let named = |scheme: &Option<Scheme>| {
                let scheme = scheme.as_ref().filter(|scheme| scheme.job_name_pricing);
                scheme.and_then(|_| state.charge.name_price(&job.name))
            };
            let (named, named_two) = (named(&schemes.one), named(&schemes.two));
            let of_job = Schemes { named, named_two, ..schemes.clone() };
            let finishing = decide(&job.ticket, &job.count, Forced::default(), device.into(), false);
            let planned = Job { count: finishing.counted(&job.count), ..job.clone() };
            let Ok(whole) = of_job.whole(&planned, job.panel_copies) else { return Ok(None) };
            // Only what was held again can have been paid for in part; somebody else may have collected it since.
            let paid = match job.message.is_empty() && job.printed == 0 {
                true => Money::ZERO,
                false => state.store.job_paid(job.id, user.id)?.amount,
            };
            Ok(Some(domain::charge::rest(whole.one, paid)))
        })
        .collect()
}

/// What a document that waits in a push queue will cost, or what is left of it: for people who are tracked or pay there (guide,
/// "Show job price before printing"). Nothing of other documents, and nothing while there is no price.
pub(crate) fn pushed(state: &State, job: &Job) -> Result<Option<Money>, StoreError> {
    if job.state.is_final() {
        return Ok(None);
    }
    let Some(name) = crate::push::tracked_under(state, job.queue) else { return Ok(None) };
    let Some((device, _)) = state.store.device_by_name(&name)? else { return Ok(None) };
    let charging = state.store.device_charging(device.id)?;
    match terms::of(&charging.terms, state.store.user_terms(job.owner)?.control) {
        Cost::Tracking | Cost::Pay => {}
        Cost::NoTracking | Cost::LoginRejected => return Ok(None),
    }
    let schemes = Schemes::load(state, &charging, &job.name)?;
    let finishing = decide(&job.ticket, &job.count, Forced::default(), (&device).into(), false);
    let planned = Job { count: finishing.counted(&job.count), ..job.clone() };
    let Ok(whole) = schemes.whole(&planned, job.panel_copies) else { return Ok(None) };
    Ok(Some(domain::charge::rest(whole.one, state.store.job_paid(job.id, job.owner)?.amount)))
}

/// The file, read again whenever it changes.
pub(super) type Names = WatchedFile<JobNamePrices>;

/// The file in the data directory.
pub(super) fn names(data: &Path) -> Names {
    let parse = |text: &str| JobNamePrices::parse(text).map_err(|error| error.to_string());
    WatchedFile::new(data.join(NAMES_FILE), "job name prices", parse)
}

impl super::Desk {
    /// The price a document's name sets, by the file as it is now.
    fn name_price(&self, name: &str) -> Option<Money> {
        let mut names = self.names.lock().unwrap_or_else(PoisonError::into_inner);
        names.now().price(name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// CHG-2.
    #[test]
    fn the_file_is_read_again_when_it_changes_and_a_broken_one_changes_nothing() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join(NAMES_FILE);
        let mut names = super::names(directory.path());
        let price = |names: &mut Names| names.now().price("Test Page");
        assert_eq!(price(&mut names), None, "there is no file");
        std::fs::write(&path, "Version=\"1\"\nPrice1=\"0.10\"\nFilter1=\"Test Page\"\n").unwrap();
        assert_eq!(price(&mut names), Some(Money(1_000)));
        std::fs::write(&path, "Version=\"1\"\nPrice1=\"0.2500\"\nFilter1=\"Test*\"\n").unwrap();
        assert_eq!(price(&mut names), Some(Money(2_500)));
        std::fs::write(&path, "Price1=\"-3\"\nFilter1=\"Test Page\"\n").unwrap();
        assert_eq!(price(&mut names), Some(Money(2_500)), "a negative price is no price");
        std::fs::remove_file(&path).unwrap();
        assert_eq!(price(&mut names), None);
    }
}
