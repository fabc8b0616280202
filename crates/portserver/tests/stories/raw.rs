use rpc::proto::jobserver::Queue;
use rpc::proto::jobserver::queue::Owner;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use crate::bench::{Bench, PDF, pull, until};

fn fixed() -> Queue {
    Queue {
        id: 2,
        name: "host".into(),
        owner: Owner::Fixed.into(),
        fixed_logon: "bob".into(),
        raw_port: 9100,
        ..pull()
    }
}

fn by_data() -> Queue {
    Queue { id: 3, name: "data".into(), owner: Owner::JobData.into(), raw_port: 9101, ..pull() }
}

async fn opened(bench: &Bench, what: &str) {
    until("the raw port opens", async || bench.port.address(what).is_some()).await;
}

/// Sends a document and says how the connection ended: `Ok` in order, `Err` by a reset.
async fn send(bench: &Bench, what: &str, document: &[u8]) -> std::io::Result<()> {
    let mut stream = TcpStream::connect(bench.address(what)).await?;
    stream.write_all(document).await?;
    stream.shutdown().await?;
    let mut nothing = Vec::new();
    stream.read_to_end(&mut nothing).await?;
    assert!(nothing.is_empty());
    Ok(())
}

#[tokio::test]
async fn a_document_is_one_connection_and_its_end_is_the_acknowledgement() {
    let bench = Bench::with(vec![pull(), fixed()], |_| {}).await;
    opened(&bench, "raw-host").await;
    send(&bench, "raw-host", PDF).await.unwrap();
    {
        let world = bench.jobserver.world();
        assert_eq!((world.jobs[0].job.owner_logon.as_str(), &world.jobs[0].data[..]), ("bob", PDF));
        assert_eq!(world.jobs[0].job.source_protocol, "raw");
    }
    send(&bench, "raw-host", b"").await.unwrap();
    assert_eq!(bench.jobserver.world().jobs.len(), 1, "a probe is no document");
    bench.jobserver.world().refuse = Some(rpc::Error::new(rpc::Kind::Unavailable, 107, "the disk is full"));
    send(&bench, "raw-host", PDF).await.expect_err("a refusal resets the connection");
}

#[tokio::test]
async fn the_data_may_tell_its_owner() {
    let bench = Bench::with(vec![pull(), by_data()], |config| config.lpd = false).await;
    opened(&bench, "raw-data").await;
    let document = b"\x1b%-12345X@PJL JOB NAME=\"Minutes\"\r\n@PJL SET USERNAME=\"ann\"\r\n@PJL ENTER LANGUAGE=PCL\r\nText\x0c\x1b%-12345X";
    send(&bench, "raw-data", document).await.unwrap();
    assert_eq!(bench.jobserver.world().jobs[0].job.owner_logon, "ann");
    send(&bench, "raw-data", b"no owner in here\x0c").await.expect_err("nobody's document is refused");
}

#[tokio::test]
async fn raw_ports_follow_the_queues() {
    let bench = Bench::with(vec![pull()], |_| {}).await;
    bench.jobserver.queues_set(vec![pull(), fixed()]);
    opened(&bench, "raw-host").await;
    send(&bench, "raw-host", PDF).await.unwrap();
    bench.jobserver.queues_set(vec![pull()]);
    let address = bench.address("raw-host");
    until("the port closes", async || TcpStream::connect(address).await.is_err()).await;
}
