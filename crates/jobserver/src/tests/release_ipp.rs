//! Documents on their way out by IPP, to a device that says what it is told to say.

use std::collections::VecDeque;

use bytes::Bytes;
use tokio::io::AsyncWriteExt;
use wire::ipp::{Attribute, Group, GroupTag, JobState, Limits, Message, Operation, Value, decode};

use super::*;

/// What the device answers to Print-Job and to each question after it; the last state stays.
#[derive(Clone, Default)]
struct Script {
    /// Status code of the first Print-Job; 0 is success.
    refuses_first: u16,
    /// job-state by question, the first one being Print-Job's answer.
    states: VecDeque<JobState>,
    /// The state after Cancel-Job; without one, it changes nothing.
    after_cancel: Option<JobState>,
}

/// What came in by Print-Job: its attributes and the document.
type Printed = Arc<Mutex<Vec<(Message, Bytes)>>>;

struct Device {
    address: SocketAddr,
    printed: Printed,
    canceled: Arc<Mutex<bool>>,
}

impl Device {
    async fn start(script: Script) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let (printed, canceled) = (Printed::default(), Arc::new(Mutex::new(false)));
        let (kept, end) = (Arc::clone(&printed), Arc::clone(&canceled));
        let script = Arc::new(Mutex::new(script));
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(talk(stream, Arc::clone(&script), Arc::clone(&kept), Arc::clone(&end)));
            }
        });
        Self { address, printed, canceled }
    }
}

/// Serves one connection: HTTP requests of known length, IPP in them.
async fn talk(mut stream: TcpStream, script: Arc<Mutex<Script>>, kept: Printed, canceled: Arc<Mutex<bool>>) {
    let mut buffer = Vec::new();
    loop {
        let head = loop {
            if let Some(end) = buffer.windows(4).position(|window| window == b"\r\n\r\n") {
                break end + 4;
            }
            if stream.read_buf(&mut buffer).await.unwrap_or(0) == 0 {
                return;
            }
        };
        let text = String::from_utf8_lossy(&buffer[..head]).to_lowercase();
        let length = text.lines().find_map(|line| line.strip_prefix("content-length:")).unwrap();
        let end = head + length.trim().parse::<usize>().unwrap();
        while buffer.len() < end {
            if stream.read_buf(&mut buffer).await.unwrap_or(0) == 0 {
                return;
            }
        }
        let body = Bytes::copy_from_slice(&buffer[head..end]);
        buffer.drain(..end);
        let (request, document) = decode::decode(body, Limits::REQUEST).unwrap();
        let answer = answer(&request, document, &script, &kept, &canceled).encode();
        let head = format!(
            "HTTP/1.1 200 OK\r\nContent-Type: application/ipp\r\nContent-Length: {}\r\n\r\n",
            answer.len()
        );
        stream.write_all(head.as_bytes()).await.unwrap();
        stream.write_all(&answer).await.unwrap();
    }
}

fn answer(
    request: &Message,
    document: Bytes,
    script: &Mutex<Script>,
    kept: &Mutex<Vec<(Message, Bytes)>>,
    canceled: &Mutex<bool>,
) -> Message {
    let mut script = script.lock().unwrap();
    let operation = Operation::from_code(request.code).unwrap();
    let mut code = 0;
    let mut groups = vec![
        Group::new(GroupTag::Operation)
            .with("attributes-charset", Value::Charset("utf-8".into()))
            .with("attributes-natural-language", Value::NaturalLanguage("en".into())),
    ];
    match operation {
        Operation::GetPrinterAttributes => {
            groups.push(Group::new(GroupTag::Printer).with("printer-state", Value::Enum(3)));
        }
        Operation::CancelJob => {
            *canceled.lock().unwrap() = true;
            if let Some(after) = script.after_cancel.take() {
                script.states = [after].into();
            }
        }
        Operation::PrintJob if script.refuses_first != 0 => {
            code = std::mem::take(&mut script.refuses_first);
            if code == 0x040b {
                let format = Value::mime("application/pdf".to_owned());
                groups.push(Group::new(GroupTag::Unsupported).with("document-format", format));
            }
        }
        _ => {
            if operation == Operation::PrintJob {
                kept.lock().unwrap().push((request.clone(), document));
            }
            let state = script.states[0];
            if script.states.len() > 1 {
                script.states.pop_front();
            }
            groups.push(
                Group::new(GroupTag::Job)
                    .with("job-id", Value::Integer(77))
                    .with("job-state", Value::Enum(state as i32))
                    .with("job-state-message", Value::Text("said the device".into())),
            );
        }
    }
    Message { version: request.version, code, request_id: request.request_id, groups }
}

async fn story(script: Script, data: &[u8]) -> (World, Device, JobId, Vec<PrintEvent>) {
    let mut world = World::new().await;
    let device = Device::start(script).await;
    world.device("printer", &format!("ipp://{}/ipp/print", device.address)).await;
    let mut create = world.create("ann");
    create.document_format = "application/pdf".into();
    create.ticket = Some(message::JobTicket { sides: "two-sided-long-edge".into(), ..Default::default() });
    let job = JobId(world.send(parts(create, data)).await.unwrap().id);
    let session = world.logged_in("printer", "ann-card").await;
    let events = finished(session.print(vec![job], Some(2)).await.unwrap()).await;
    (world, device, job, events)
}

fn text(message: &Message, group: GroupTag, name: &str) -> String {
    let value = message.attribute(group, name).and_then(Attribute::first);
    value.and_then(Value::as_text).unwrap_or_default().to_owned()
}

#[tokio::test]
async fn a_document_is_printed_when_the_device_says_that_it_completed() {
    use JobState::{Completed, Pending, Processing, ProcessingStopped};
    let states = [Pending, Processing, ProcessingStopped, Processing, Completed].into();
    let data = sample(1_200_000);
    let (mut world, device, job, events) = story(Script { states, ..Script::default() }, &data).await;
    assert_eq!(done(&events), (1, 0), "{events:?}");
    assert!(
        events
            .iter()
            .any(|event| matches!(event, PrintEvent::Stopped { message, .. } if message.contains("said")))
    );
    let printed = device.printed.lock().unwrap().clone();
    assert_eq!(printed.len(), 1);
    assert!(printed[0].1 == data);
    assert_eq!(text(&printed[0].0, GroupTag::Operation, "document-format"), "application/pdf");
    assert_eq!(text(&printed[0].0, GroupTag::Operation, "requesting-user-name"), "ann");
    assert_eq!(text(&printed[0].0, GroupTag::Job, "sides"), "two-sided-long-edge");
    let copies = printed[0].0.attribute(GroupTag::Job, "copies").and_then(Attribute::first);
    assert_eq!(copies.and_then(Value::as_integer), Some(2));
    assert_eq!((world.show(job).await.state(), world.tracked()), (message::job::State::Completed, 1));
}

#[tokio::test]
async fn a_document_the_device_ends_is_held_again() {
    for end in [JobState::Aborted, JobState::Canceled] {
        let states = [JobState::Processing, end].into();
        let (mut world, _, job, events) = story(Script { states, ..Script::default() }, b"data").await;
        assert_eq!(done(&events), (0, 1));
        let shown = world.show(job).await;
        assert_eq!((shown.state(), world.tracked()), (message::job::State::Held, 0));
        assert!(shown.state_message.contains("said the device"), "{}", shown.state_message);
    }
}

#[tokio::test]
async fn a_format_the_device_does_not_know_is_offered_without_its_name() {
    // The second is what ippeveprinter answers; it names the attribute.
    for refuses_first in [0x040a, 0x040b] {
        let script = Script { refuses_first, states: [JobState::Completed].into(), ..Script::default() };
        let (_, device, _, events) = story(script, b"data").await;
        assert_eq!(done(&events), (1, 0), "{events:?}");
        let printed = device.printed.lock().unwrap().clone();
        assert_eq!(text(&printed[0].0, GroupTag::Operation, "document-format"), "application/octet-stream");
    }
}

#[tokio::test]
async fn a_refusal_of_the_device_is_told() {
    // server-error-not-accepting-jobs
    let script = Script { refuses_first: 0x0506, states: [JobState::Completed].into(), ..Script::default() };
    let (mut world, device, job, events) = story(script, b"data").await;
    assert_eq!(done(&events), (0, 1));
    assert!(device.printed.lock().unwrap().is_empty());
    assert!(world.show(job).await.state_message.contains("not-accepting"), "{:?}", world.show(job).await);
}

/// What may still come out later is cancelled at the device before the document is held again here.
#[tokio::test]
async fn a_device_that_does_not_finish_in_time_is_told_to_stop() {
    let mut world = World::new().await;
    let device = Device::start(Script { states: [JobState::Processing].into(), ..Script::default() }).await;
    world.device("printer", &format!("ipp://{}/", device.address)).await;
    let finish = message::SettingSetRequest { key: "release.finish-timeout-s".into(), value: "1".into() };
    world.administration.setting_set(finish).await.unwrap();
    let job = world.held("ann", b"data").await;
    let session = world.logged_in("printer", "ann-card").await;
    let events = finished(session.print(vec![job], None).await.unwrap()).await;
    assert_eq!(done(&events), (0, 1));
    assert!(*device.canceled.lock().unwrap());
    assert_eq!((world.show(job).await.state(), world.tracked()), (message::job::State::Held, 0));
}

#[tokio::test]
async fn a_job_that_is_stopped_ends_as_the_device_says() {
    for (after, printed) in [(JobState::Canceled, false), (JobState::Completed, true)] {
        let mut world = World::new().await;
        let states = [JobState::Processing].into();
        let script = Script { states, after_cancel: Some(after), ..Script::default() };
        let device = Device::start(script).await;
        world.device("printer", &format!("ipp://{}/", device.address)).await;
        let job = world.held("ann", b"data").await;
        let session = world.logged_in("printer", "ann-card").await;
        let run = session.print(vec![job], None).await.unwrap();
        // The device has the document and prints it.
        while device.printed.lock().unwrap().is_empty() {
            tokio::task::yield_now().await;
        }
        run.stopper.stop();
        let events = finished(run).await;
        assert_eq!(done(&events), if printed { (1, 0) } else { (0, 1) }, "{events:?}");
        assert!(*device.canceled.lock().unwrap());
        let shown = world.show(job).await;
        let expected = match printed {
            true => (message::job::State::Completed, 1),
            false => (message::job::State::Held, 0),
        };
        assert_eq!((shown.state(), world.tracked()), expected, "{shown:?}");
        assert_eq!(shown.state_message == "Stopped at the printer.", !printed, "{shown:?}");
    }
}

#[tokio::test]
async fn pdl_3_an_ipp_device_is_asked_for_less_toner_by_its_quality() {
    let mut world = World::new().await;
    let device = Device::start(Script { states: [JobState::Completed].into(), ..Script::default() }).await;
    world.device("printer", &format!("ipp://{}/ipp/print", device.address)).await;
    let edit =
        message::DeviceEditRequest { name: "printer".into(), toner_save: Some(true), ..Default::default() };
    world.administration.device_edit(edit.clone()).await.unwrap();
    let [first, second] = [world.held("ann", b"%PDF-1.7").await, world.held("ann", b"%PDF-1.7").await];
    let session = world.logged_in("printer", "ann-card").await;
    assert_eq!(done(&finished(session.print(vec![first], None).await.unwrap()).await), (1, 0));
    let edit = message::DeviceEditRequest { toner_save: Some(false), ..edit };
    world.administration.device_edit(edit).await.unwrap();
    assert_eq!(done(&finished(session.print(vec![second], None).await.unwrap()).await), (1, 0));
    let printed = device.printed.lock().unwrap().clone();
    let quality = |message: &Message| {
        let value = message.attribute(GroupTag::Job, "print-quality").and_then(Attribute::first);
        value.and_then(Value::as_integer)
    };
    let asked: Vec<_> = printed.iter().map(|(message, _)| quality(message)).collect();
    assert_eq!(asked, [Some(3), None]);
    let said: Vec<bool> = world.tracked_records().iter().map(|record| record.toner_save).collect();
    assert_eq!(said, [true, false]);
}
