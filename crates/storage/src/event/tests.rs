//! The store on both databases.

use domain::Timestamp;
use domain::event::{Event, Severity};

use super::{EventFilter, EventPlace, EventStore, SCHEMA};
use crate::testing::each_database;

fn event(at: i64, severity: Severity, user: &str) -> Event {
    Event::new(Timestamp(at), severity, "jobserver", "test", &format!("it is {at}")).user(user).text("ü")
}

#[test]
fn ops_1_events_are_found_by_severity_period_and_user_the_newest_first() {
    each_database(&SCHEMA, |database| {
        let store = EventStore::on(database.clone());
        let all = [
            event(10, Severity::Critical, ""),
            event(20, Severity::Audit, "ann"),
            event(20, Severity::Warning, "ann"),
            event(30, Severity::Audit, "bob"),
        ];
        store.events_add(&all).unwrap();
        let found = |filter: EventFilter| -> Vec<Event> {
            store.events_page(&filter, None, 10).unwrap().into_iter().map(|stored| stored.event).collect()
        };
        let newest_first: Vec<Event> = all.iter().rev().cloned().collect();
        assert_eq!(found(EventFilter::default()), newest_first);
        let worse = EventFilter { severity: Some(Severity::Warning), ..EventFilter::default() };
        assert_eq!(found(worse), [all[2].clone(), all[0].clone()]);
        let ann = EventFilter { user: Some("ann".into()), ..EventFilter::default() };
        assert_eq!(found(ann), [all[2].clone(), all[1].clone()]);
        let period = EventFilter { from_us: Some(10), to_us: Some(20), ..EventFilter::default() };
        assert_eq!(found(period), [all[0].clone()]);
        let other = EventFilter { source: Some("moneyserver".into()), ..EventFilter::default() };
        assert!(found(other).is_empty());

        let mut paged = Vec::new();
        let mut place = None;
        while let [one] = &store.events_page(&EventFilter::default(), place, 1).unwrap()[..] {
            place = Some(EventPlace::after(one));
            paged.push(one.event.clone());
        }
        assert_eq!(paged, newest_first);
    });
}

#[test]
fn ops_1_old_events_are_forgotten_oldest_first() {
    each_database(&SCHEMA, |database| {
        let store = EventStore::on(database.clone());
        let all: Vec<Event> = (0..5).map(|at| event(at, Severity::Audit, "ann")).collect();
        store.events_add(&all).unwrap();
        assert_eq!(store.events_forget(Timestamp(4), 3).unwrap(), 3);
        assert_eq!(store.events_forget(Timestamp(4), 3).unwrap(), 1);
        assert_eq!(store.events_forget(Timestamp(4), 3).unwrap(), 0);
        let left = store.events_page(&EventFilter::default(), None, 10).unwrap();
        assert_eq!(left.len(), 1);
        // An id is never given again, even after its event was forgotten.
        store.events_forget(Timestamp(9), 3).unwrap();
        store.events_add(&all[..1]).unwrap();
        assert!(store.events_page(&EventFilter::default(), None, 1).unwrap()[0].id > left[0].id);
    });
}
