//! Documents changed on their way: what arrives at the device, and what is tracked.

use domain::JobId;
use domain::finishing::Forced;
use rpc::proto::common;
use rpc::proto::jobserver as message;
use rpc::proto::jobserver::document_chunk::Part;

use super::{Behaviour, Printer, World, done, finished, parts};
use crate::session::PrintEvent;

const PCL: &[u8] = b"\x1bE\x1b*r-3U\x1b*v1Sone\x0ctwo\x0cthree\x0c\x1bE";

/// A printer that can do everything, and a document of three coloured pages that waits for Ann.
async fn world(data: &[u8], language: &str, ticket: message::JobTicket) -> (World, Printer, JobId) {
    let mut world = World::new().await;
    let printer = Printer::start(Behaviour::Honest).await;
    let device = message::DeviceAddRequest {
        name: "printer".into(),
        address: printer.address.to_string(),
        channel: message::device::Channel::Raw.into(),
        color: true,
        duplex: true,
        ..Default::default()
    };
    world.administration.device_add(device).await.unwrap();
    let mut create = world.create("ann");
    create.ticket = Some(ticket);
    let mut parts = parts(create, data);
    let count = common::PageCount {
        status: common::page_count::Status::Ok.into(),
        languages: vec![language.into()],
        pages: 3,
        color_pages: 3,
        sheets: 3,
        copies: 1,
        duplex: common::page_count::Duplex::Simplex.into(),
        ..Default::default()
    };
    parts.pop();
    let bytes = i64::try_from(data.len()).unwrap();
    parts.push(Part::End(message::DocumentEnd { bytes, count: Some(count), ..Default::default() }));
    let job = JobId(world.send(parts).await.unwrap().id);
    (world, printer, job)
}

#[tokio::test]
async fn the_panel_forces_gray_and_both_sides() {
    let (world, printer, job) = world(PCL, "pcl5", message::JobTicket::default()).await;
    let session = world.logged_in("printer", "ann-card").await;
    let forced = Forced { mono: true, duplex: true, ..Forced::default() };
    let run = session.print_forced(vec![job], Some(2), forced).await.unwrap();
    assert_eq!(done(&finished(run).await), (1, 0));
    let printed = printer.printed();
    assert_eq!(printed.len(), 2);
    let header =
        b"\x1b%-12345X@PJL SET DUPLEX=ON\r\n@PJL SET BINDING=LONGEDGE\r\n@PJL SET RENDERMODE=GRAYSCALE\r\n\
                   @PJL ENTER LANGUAGE=PCL\r\n";
    for data in printed {
        assert_eq!(data, [header, PCL, b"\x1b%-12345X"].concat());
    }
    let record = world.tracked_records().pop().unwrap();
    assert_eq!(
        (record.tracking_page_count, record.job_sheet_count, record.tracking_color_page_count),
        (6, 4, 0)
    );
    assert!(record.job_is_duplex && !record.job_is_color);
}

#[tokio::test]
async fn a_ticket_is_done_and_tracked() {
    let ticket = message::JobTicket { copies: 2, sides: "two-sided-short-edge".into(), ..Default::default() };
    let (world, printer, job) = world(PCL, "pcl5", ticket).await;
    let session = world.logged_in("printer", "ann-card").await;
    assert_eq!(done(&finished(session.print(vec![job], None).await.unwrap()).await), (1, 0));
    let printed = printer.printed();
    assert_eq!(printed.len(), 2, "a copy a sending");
    assert!(printed[0].starts_with(b"\x1b%-12345X@PJL SET DUPLEX=ON\r\n@PJL SET BINDING=SHORTEDGE\r\n"));
    let record = world.tracked_records().pop().unwrap();
    assert_eq!(
        (record.tracking_page_count, record.job_sheet_count, record.tracking_color_page_count),
        (6, 4, 6)
    );
}

#[tokio::test]
async fn what_cannot_be_forced_is_not_printed() {
    let (world, printer, job) = world(b"UNIRAST\0data", "urf", message::JobTicket::default()).await;
    let session = world.logged_in("printer", "ann-card").await;
    let forced = Forced { mono: true, ..Forced::default() };
    let events = finished(session.print_forced(vec![job], None, forced).await.unwrap()).await;
    assert!(matches!(&events[0], PrintEvent::Failed { status, .. } if status.0 == 65), "{events:?}");
    assert_eq!((printer.printed().len(), world.tracked()), (0, 0));
    assert_eq!(done(&finished(session.print(vec![job], None).await.unwrap()).await), (1, 0));
    assert_eq!(printer.printed(), [b"UNIRAST\0data"]);
}

#[tokio::test]
async fn a_device_that_prints_on_one_side_is_not_forced() {
    let (mut world, _printer, job) = world(PCL, "pcl5", message::JobTicket::default()).await;
    let edit =
        message::DeviceEditRequest { name: "printer".into(), duplex: Some(false), ..Default::default() };
    world.administration.device_edit(edit).await.unwrap();
    let session = world.logged_in("printer", "ann-card").await;
    let refused = session.print_forced(vec![job], None, Forced { duplex: true, ..Forced::default() }).await;
    assert_eq!(refused.err().map(|failed| failed.status.0), Some(65));
}

/// The header that asks for less toner, in front of the document as it came.
fn saved() -> Vec<u8> {
    let header = b"\x1b%-12345X@PJL SET ECONOMODE=ON\r\n@PJL ENTER LANGUAGE=PCL\r\n";
    [header, PCL, b"\x1b%-12345X"].concat()
}

#[tokio::test]
async fn pdl_3_the_panel_the_queue_and_the_device_save_toner() {
    let (mut world, printer, job) = world(PCL, "pcl5", message::JobTicket::default()).await;
    let retain = message::JobRetainRequest { job_id: job.0, retain: true };
    world.administration.job_retain(retain).await.unwrap();
    let session = world.logged_in("printer", "ann-card").await;
    let forced = Forced { toner_save: true, ..Forced::default() };
    let run = session.print_forced(vec![job], None, forced).await.unwrap();
    assert_eq!(done(&finished(run).await), (1, 0));
    assert_eq!(done(&finished(session.print(vec![job], None).await.unwrap()).await), (1, 0));

    let queue =
        message::QueueEditRequest { name: "pull".into(), toner_save: Some(true), ..Default::default() };
    world.administration.queue_edit(queue.clone()).await.unwrap();
    assert_eq!(done(&finished(session.print(vec![job], None).await.unwrap()).await), (1, 0));
    let queue = message::QueueEditRequest { toner_save: Some(false), ..queue };
    world.administration.queue_edit(queue).await.unwrap();
    let device =
        message::DeviceEditRequest { name: "printer".into(), toner_save: Some(true), ..Default::default() };
    assert!(world.administration.device_edit(device).await.unwrap().into_inner().toner_save);
    assert_eq!(done(&finished(session.print(vec![job], None).await.unwrap()).await), (1, 0));

    assert_eq!(printer.printed(), [saved(), PCL.to_vec(), saved(), saved()]);
    let records = world.tracked_records();
    let said: Vec<bool> = records.iter().map(|record| record.toner_save).collect();
    assert_eq!(said, [true, false, true, true]);
    assert!(records.iter().all(|record| record.tracking_page_count == 3), "as many pages come out");
}

#[tokio::test]
async fn pdl_3_less_toner_is_insisted_on_at_the_panel_only() {
    let (mut world, printer, job) = world(b"UNIRAST\0data", "urf", message::JobTicket::default()).await;
    let session = world.logged_in("printer", "ann-card").await;
    let forced = Forced { toner_save: true, ..Forced::default() };
    let events = finished(session.print_forced(vec![job], None, forced).await.unwrap()).await;
    assert!(matches!(&events[0], PrintEvent::Failed { status, .. } if status.0 == 65), "{events:?}");
    let device =
        message::DeviceEditRequest { name: "printer".into(), toner_save: Some(true), ..Default::default() };
    world.administration.device_edit(device).await.unwrap();
    assert_eq!(done(&finished(session.print(vec![job], None).await.unwrap()).await), (1, 0));
    assert_eq!(printer.printed(), [b"UNIRAST\0data"], "data that cannot be told is printed as it is");
    assert!(!world.tracked_records().pop().unwrap().toner_save);
}
