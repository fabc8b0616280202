//! Documents that were deleted unprinted.

use rpc::proto::trackingserver::record::DeletedBy;

use super::*;

/// TRK-5.
#[tokio::test]
async fn what_is_deleted_unprinted_is_told_once_with_who_deleted_it() {
    let mut world = World::new().await;
    let own = world.held("ann", &sample(1_000)).await;
    let administrators = world.held("ann", &sample(2_000)).await;
    let session_of = world.show(own).await.owner_logon;
    let ann = world.server.0.store.job_show(own).unwrap().unwrap().owner;
    crate::documents::delete(&world.server, ann, own).await.unwrap();
    crate::documents::delete(&world.server, ann, own).await.unwrap_err();
    crate::documents::cancel(&world.server, administrators, None).await.unwrap();
    let told = world.tracked_records();
    let told: Vec<(DeletedBy, i64, &str)> = told
        .iter()
        .map(|record| (record.deleted_by(), record.job_size, record.user_logon.as_str()))
        .collect();
    assert_eq!(
        told,
        [(DeletedBy::User, 1_000, session_of.as_str()), (DeletedBy::System, 2_000, session_of.as_str())]
    );
    assert_eq!((world.tracked(), world.files()), (0, 0));
}
