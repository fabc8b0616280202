//! What a crash or a failing disk leaves behind, and what is done about it.

use super::*;

#[tokio::test]
async fn a_restart_finds_every_document_and_takes_leftovers_away() {
    let mut world = World::new().await;
    let kept = world.held("ann", b"kept").await;
    let printing = world.held("ann", b"printing").await;
    let state = &world.server.0;
    // As a crash leaves it: a job on its way, a file that was being written, a whole one whose row was never stored.
    let collect = |job: Option<domain::job::Job>| {
        let job = job.unwrap().apply(domain::job::Event::Collect, domain::Timestamp(1))?;
        Ok::<_, domain::job::NotAllowed>(storage::core::Change { job, message: None })
    };
    state.store.job_change("test", printing, collect, domain::Timestamp(1)).unwrap().unwrap();
    let document = state.store.job_show(kept).unwrap().unwrap().document.unwrap();
    let shard = state.spool.path(document).parent().unwrap().to_owned();
    let half = domain::DocumentId([document.0[0], document.0[1], 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1]);
    assert_eq!(state.spool.path(half).parent(), Some(shard.as_path()));
    std::fs::write(state.spool.path(half), b"half").unwrap();
    let orphan = domain::DocumentId([0xab; 16]);
    std::fs::create_dir_all(state.spool.path(orphan).parent().unwrap()).unwrap();
    std::fs::write(state.spool.path(orphan), b"whole").unwrap();
    assert_eq!(world.files(), 4);

    let mut world = World::on(world.stop().await).await;
    assert_eq!(world.files(), 2);
    assert_eq!(world.show(kept).await.state(), message::job::State::Held);
    let again = world.show(printing).await;
    assert_eq!(
        (again.state(), again.state_reasons[0].as_str()),
        (message::job::State::Held, "job-suspended-by-system")
    );
    assert!(again.state_message.contains("stopped while"), "{}", again.state_message);
    assert_eq!(world.tracked(), 0);
}

#[tokio::test]
async fn a_row_without_its_file_ends_and_is_reported() {
    let mut world = World::new().await;
    let (lost, kept) = (world.held("ann", b"lost").await, world.held("ann", b"kept").await);
    let document = world.server.0.store.job_show(lost).unwrap().unwrap().document.unwrap();
    std::fs::remove_file(world.server.0.spool.path(document)).unwrap();
    let request = message::IntegrityCheckRequest {};
    let report = world.administration.integrity_check(request).await.unwrap().into_inner();
    assert_eq!((report.jobs, report.files, report.findings.len()), (2, 1, 1), "{report:?}");
    assert_eq!(world.show(lost).await.state(), message::job::State::Aborted);
    assert_eq!(world.show(kept).await.state(), message::job::State::Held);
    let again = world.administration.integrity_check(request).await.unwrap().into_inner();
    assert!(again.findings.is_empty(), "{again:?}");
}

/// While documents come in, the check must not take one for a leftover.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_check_leaves_documents_on_their_way_alone() {
    let mut world = World::new().await;
    let checking = {
        let mut administration = world.administration.clone();
        tokio::spawn(async move {
            let mut findings = Vec::new();
            for _ in 0..20 {
                let request = message::IntegrityCheckRequest {};
                findings.extend(administration.integrity_check(request).await.unwrap().into_inner().findings);
            }
            findings
        })
    };
    let mut sent = 0;
    while !checking.is_finished() {
        world.held("ann", &sample(300_000)).await;
        sent += 1;
    }
    assert_eq!(checking.await.unwrap(), [] as [String; 0]);
    assert_eq!(world.files(), sent);
}

#[tokio::test]
async fn old_documents_end_and_old_jobs_are_forgotten() {
    let mut world = World::new().await;
    let job = world.held("ann", b"data").await;
    let create = world.create("ann");
    let waiting = world.submission.job_create(create).await.unwrap().into_inner();
    let run = |world: &World| crate::retention::run(&world.server.0).unwrap();
    assert_eq!(run(&world), 0);
    world.context.clock.advance(Duration::from_secs(300));
    assert_eq!(run(&world), 1);
    assert_eq!(world.show(JobId(waiting.id)).await.state(), message::job::State::Aborted);
    world.context.clock.advance(Duration::from_secs(86_400 - 300));
    assert_eq!(run(&world), 1);
    let ended = world.show(job).await;
    assert_eq!((ended.state(), world.files()), (message::job::State::Aborted, 0));
    assert!(ended.state_message.contains("age"));
    world.context.clock.advance(Duration::from_secs(86_400));
    assert_eq!(run(&world), 2);
    let gone = world.submission.job_show(message::JobShowRequest { job_id: job.0 }).await.unwrap_err();
    assert_eq!(rpc::Error::from(gone).status, 52);
}

#[tokio::test]
async fn a_deleted_persons_documents_and_cards_go_too() {
    let mut world = World::new().await;
    world.device("printer", "").await;
    let job = world.held("ann", b"data").await;
    world.administration.user_delete(message::UserDeleteRequest { logon: "ann".into() }).await.unwrap();
    assert_eq!((world.show(job).await.state(), world.files()), (message::job::State::Canceled, 0));
    assert_eq!(world.submit("ann", b"data").await.unwrap_err().status, 54);
    let mut session = world.session("printer").await;
    let card = Credential::Card(CardCode::parse("ann-card").unwrap());
    assert_eq!(session.login(card, None).await.err().unwrap().status.0, 56);
}

#[tokio::test]
async fn a_backup_with_the_keys_is_a_server_again() {
    let mut world = World::new().await;
    let data = sample(100_000);
    let job = world.held("ann", &data).await;
    let target = tempfile::tempdir().unwrap();
    let directory = target.path().join("copy");
    let request = message::BackupRequest { directory: directory.display().to_string() };
    let files = world.administration.backup(request.clone()).await.unwrap().into_inner().files;
    assert_eq!(files.len(), 3, "two stores and a document: {files:?}");
    let twice = world.administration.backup(request).await.unwrap_err();
    assert_eq!(rpc::Error::from(twice).kind, rpc::Kind::Refused);
    let restored = tempfile::tempdir().unwrap();
    let place = |name: &str| restored.path().join(name);
    std::fs::create_dir(place("db")).unwrap();
    std::fs::rename(directory.join("core.sqlite"), place("db").join("core.sqlite")).unwrap();
    std::fs::rename(directory.join("spool"), place("spool")).unwrap();
    std::fs::create_dir(place("keys")).unwrap();
    for key in ["installation.key", "pepper.key"] {
        std::fs::copy(world.directory.path().join("keys").join(key), place("keys").join(key)).unwrap();
    }
    let mut world = World::on(restored).await;
    assert_eq!(world.show(job).await.state(), message::job::State::Held);
    let printer = Printer::start(Behaviour::Honest).await;
    world.device("printer", &printer.address.to_string()).await;
    let session = world.logged_in("printer", "ann-card").await;
    assert_eq!(done(&finished(session.print(vec![job], None).await.unwrap()).await), (1, 0));
    assert!(printer.printed() == [data]);
}

/// On a disk of half a megabyte, made for the test; only root can make one.
#[tokio::test]
async fn a_full_disk_refuses_and_leaves_nothing() {
    if !rustix::process::geteuid().is_root() {
        return;
    }
    let disk = tempfile::tempdir().unwrap();
    let mount = |arguments: &[&str]| {
        std::process::Command::new(arguments[0])
            .args(&arguments[1..])
            .arg(disk.path())
            .status()
            .is_ok_and(|status| status.success())
    };
    if !mount(&["mount", "-t", "tmpfs", "-o", "size=512k", "tmpfs"]) {
        return;
    }
    let directory = tempfile::tempdir().unwrap();
    let config = Config { spool: Some(disk.path().join("spool")), ..Config::default() };
    let context = Context::for_test("jobserver", config, directory.path());
    let server = crate::open(&context, std::io::sink()).await.unwrap();
    let status = full_disk_story(&server).await;
    context.stop.force();
    drop(server);
    let unmounted = mount(&["umount", "-l"]);
    assert!(unmounted);
    assert_eq!(status, ([Some(107), Some(107), None], 1));
}

/// A large document, one that is small enough to be written in one go by the flusher, and one that fits.
async fn full_disk_story(server: &Jobserver) -> ([Option<i32>; 3], usize) {
    let state = &server.0;
    let user = storage::core::NewUser::named(domain::Logon::parse("ann").unwrap(), "", state.now());
    state.store.user_add(&user).unwrap();
    let queue = message::Queue { name: "pull".into(), accepting_jobs: true, ..Default::default() };
    let queue = crate::rpc::parse_queue(queue).unwrap();
    state.store.queue_add(&storage::core::NewQueue { queue, created: state.now() }).unwrap();
    state.queues_reload().unwrap();
    let mut statuses = [None; 3];
    let fill = state.spool.root().join("fill");
    for (index, size) in [2_000_000, 200_000, 20_000].into_iter().enumerate() {
        if index == 1 {
            std::fs::write(&fill, vec![1; 400_000]).unwrap();
        }
        let submission = crate::submit::Submission {
            submission_id: size.to_string(),
            queue: "pull".into(),
            network_logon: "ann".into(),
            ..Default::default()
        };
        let submitted = async {
            let mut incoming = crate::submit::begin(server, submission).await?;
            for chunk in sample(size).chunks(100_000) {
                incoming.write(chunk.to_vec().into()).await?;
            }
            incoming.finish(domain::PageCount::default(), size as u64).await
        };
        statuses[index] = submitted.await.err().map(|failed| failed.status.0);
    }
    (statuses, state.spool.list().unwrap().documents.len())
}

/// The document fits, the row of its job does not.
#[tokio::test]
async fn a_full_disk_under_the_store_is_told_and_leaves_neither_file_nor_row() {
    const PAGES_ENOUGH: u32 = 1_000_000;
    let mut world = World::new().await;
    world.held("ann", b"before").await;
    let store = world.server.0.store.clone();
    storage::testing::limit_pages(store.database(), 1);
    // Rows go into the pages that are there until none has room.
    let mut held = 1;
    let refused = loop {
        match world.submit("ann", b"document").await {
            Ok(_) => held += 1,
            Err(refused) => break refused,
        }
        assert!(held < 10_000, "the store never fills");
    };
    assert_eq!((refused.kind, refused.status), (rpc::Kind::Unavailable, 107), "{refused:?}");
    assert_eq!(world.files(), held, "the refused document's file is gone");

    storage::testing::limit_pages(store.database(), PAGES_ENOUGH);
    world.held("ann", b"after").await;
    let report = world.administration.integrity_check(message::IntegrityCheckRequest {}).await;
    let report = report.unwrap().into_inner();
    assert_eq!((report.jobs, report.findings.len()), (i64::try_from(held).unwrap() + 1, 0), "{report:?}");
}
