//! OPS-7: the integrity check on its schedule, with deletion and statistics.

use super::*;
use crate::integrity::{check_if_due, compare};
use domain::job::{Event, Job};
use storage::core::Change;

async fn set(world: &mut World, key: &str, value: &str) {
    let request = message::SettingSetRequest { key: key.into(), value: value.into() };
    world.administration.setting_set(request).await.unwrap();
}

/// Whether it was done, as the task does it.
async fn looked(world: &World) -> bool {
    world.server.blocking(|state| check_if_due(state)).await.unwrap()
}

/// The statistics there are, when there are `count`: the server's own task may be at it, too.
async fn taken(world: &World, count: usize) -> Vec<storage::core::StatisticsRow> {
    loop {
        let taken = world.server.0.store.statistics_list(0, 10).unwrap();
        if taken.len() == count {
            return taken;
        }
        assert!(taken.len() < count, "{taken:?}");
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

#[tokio::test]
async fn ops_7_a_scheduled_check_deletes_counts_and_is_made_once_over_restarts() {
    let mut world = World::new().await;
    looked(&world).await;
    taken(&world, 1).await;
    set(&mut world, "jobs.delete-after-s", "3600").await;
    // A quarter of an hour, so that it fits into the hours of every time zone.
    set(&mut world, "integrity.interval-s", "900").await;
    let old = world.held("ann", b"old").await;
    world.context.clock.advance(Duration::from_secs(899));
    assert!(!looked(&world).await, "its time has not come");

    // Six times go by while nobody looks; they are made up for once. The document is too old by then.
    let mut world = World::on(world.stop().await).await;
    assert!(!looked(&world).await, "a restart is no reason");
    // Submissions are numbered on, or the next one would be taken for a repetition of the first.
    world.next = 10;
    world.context.clock.advance(Duration::from_secs(5_400));
    looked(&world).await;
    let second = taken(&world, 2).await;
    assert!(!looked(&world).await);
    assert_eq!((second[0].documents, second[0].bytes), (0, 0), "{second:?}");
    assert_eq!((second[0].people, second[0].cards, second[0].queues, second[0].findings), (4, 2, 1, 0));
    assert_eq!(world.show(old).await.state(), message::job::State::Aborted);
    assert_eq!(world.server.0.store.statistics_list(second[0].id, 10).unwrap()[..], second[1..]);

    let young = world.held("bob", b"young").await;
    world.context.clock.advance(Duration::from_secs(900));
    looked(&world).await;
    let third = taken(&world, 3).await;
    assert_eq!((third[0].documents, third[0].bytes, third[0].deleted), (1, 5, 0), "{third:?}");
    assert_eq!(world.show(young).await.state(), message::job::State::Held);
}

#[tokio::test]
async fn ops_7_a_check_that_broke_off_or_was_begun_by_another_is_not_begun_again() {
    let world = World::new().await;
    looked(&world).await;
    taken(&world, 1).await;
    let store = &world.server.0.store;
    let (last, now) = (store.statistics_last().unwrap(), world.server.0.now());
    assert!(store.statistics_begin(None, now).unwrap().is_none(), "another one began");
    let later = now.plus(Duration::from_secs(7_200));
    assert!(store.statistics_begin(last, later).unwrap().is_some());
    world.context.clock.advance(Duration::from_secs(7_200));
    assert!(!looked(&world).await);
    taken(&world, 1).await;
}

#[tokio::test]
async fn ops_7_a_deletion_in_progress_is_no_finding_and_one_that_broke_off_is() {
    let mut world = World::new().await;
    for finishes in [true, false] {
        let id = world.held("ann", b"document").await;
        let report = world
            .server
            .blocking(move |state| {
                let now = state.now();
                let expire = |job: Option<Job>| {
                    Ok::<_, ()>(Change {
                        job: job.ok_or(())?.apply(Event::Expire, now).map_err(drop)?,
                        message: None,
                    })
                };
                let job = state.store.job_change("test-expire", id, expire, now)?.unwrap();
                let finish = || {
                    if finishes {
                        crate::documents::forget_document(state, id, job.document.unwrap());
                    }
                };
                compare(state, finish)
            })
            .await
            .unwrap();
        let told = if finishes {
            vec![]
        } else {
            vec![format!("job {id} has ended and still had its document: deleted")]
        };
        assert_eq!(report.findings, told);
        assert!(world.server.0.spool.list().unwrap().documents.is_empty());
    }
}
