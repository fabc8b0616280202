use super::*;

const EVENTS: [Event; 9] = [
    Event::DocumentStored,
    Event::Collect,
    Event::DeviceStopped,
    Event::DeviceResumed,
    Event::Delivered,
    Event::NotDelivered,
    Event::CancelByUser,
    Event::CancelByOperator,
    Event::Expire,
];

pub(crate) fn held_job() -> Job {
    Job {
        id: JobId(7),
        queue: QueueId(1),
        queue_name: "pull".into(),
        owner: UserId(2),
        owner_logon: "ann".into(),
        submit_logon: "ann".into(),
        name: "report".into(),
        state: State::Held,
        reason: Reason::HoldUntilSpecified,
        message: String::new(),
        created: Timestamp(1_000),
        processing: None,
        completed: None,
        document: Some(DocumentId([1; 16])),
        bytes: 10,
        format: "application/pdf".into(),
        source_host: "pc".into(),
        source_protocol: "ipp".into(),
        ticket: Ticket::default(),
        count: PageCount::default(),
        retained: false,
        printed: 0,
        panel_copies: 1,
        device: None,
        marked_for_deletion: false,
    }
}

#[test]
fn the_table_of_transitions() {
    use State::{Aborted, Canceled, Completed, Held, Pending, Processing, Stopped};
    // Rows are states, columns are EVENTS; '-' is refused, 'd' marks for deletion.
    let rows: [(State, [char; 9]); 7] = [
        (Pending, ['H', '-', '-', '-', '-', '-', 'C', 'C', 'A']),
        (Held, ['-', 'P', '-', '-', '-', '-', 'C', 'C', 'A']),
        (Processing, ['-', '-', 'S', '-', 'F', 'H', 'd', 'd', '-']),
        (Stopped, ['-', '-', '-', 'P', 'F', 'H', 'd', 'd', '-']),
        (Canceled, ['-'; 9]),
        (Aborted, ['-'; 9]),
        (Completed, ['-'; 9]),
    ];
    for (state, columns) in rows {
        for (event, expected) in EVENTS.into_iter().zip(columns) {
            let outcome = match step(state, event, false) {
                Err(NotAllowed { .. }) => '-',
                Ok(Step::MarkForDeletion) => 'd',
                Ok(Step::To(next, _)) => match next {
                    Pending => '?',
                    Held => 'H',
                    Processing => 'P',
                    Stopped => 'S',
                    Canceled => 'C',
                    Aborted => 'A',
                    Completed => 'F',
                },
            };
            assert_eq!(outcome, expected, "{state:?} {event:?}");
        }
    }
}

#[test]
fn a_retained_document_is_held_on_after_it_was_printed() {
    let job = Job { retained: true, ..held_job() };
    let job = job.apply(Event::Collect, Timestamp(5)).unwrap().apply(Event::Delivered, Timestamp(6)).unwrap();
    assert_eq!((job.state, job.printed, job.completed), (State::Held, 1, None));
}

#[test]
fn a_document_deleted_while_it_prints_goes_when_it_stops() {
    let printing = held_job().apply(Event::Collect, Timestamp(5)).unwrap();
    let marked = printing.apply(Event::CancelByUser, Timestamp(6)).unwrap();
    assert_eq!((marked.state, marked.marked_for_deletion), (State::Processing, true));
    let failed = marked.clone().apply(Event::NotDelivered, Timestamp(7)).unwrap();
    assert_eq!((failed.state, failed.completed), (State::Canceled, Some(Timestamp(7))));
    let printed = marked.apply(Event::Delivered, Timestamp(7)).unwrap();
    assert_eq!((printed.state, printed.printed), (State::Completed, 1));
}

#[test]
fn numbers_and_keywords_read_back() {
    for state in State::ALL {
        assert_eq!(State::from_number(i64::from(state.number())), Some(state));
    }
    for reason in Reason::ALL {
        assert_eq!(Reason::parse(reason.keywords()[0]), Some(reason));
    }
    assert_eq!(State::from_number(10), None);
}

/// Any sequence of events: a final state stays, a job prints only from `Held`, times are in order.
#[test]
fn a_random_walk_keeps_its_promises() {
    let mut random = 0x9e37_79b9_7f4a_7c15_u64;
    for _ in 0..2_000 {
        let mut job = Job { state: State::Pending, reason: Reason::Incoming, ..held_job() };
        let (mut collected, mut ended) = (0, 0);
        for instant in 1..40 {
            random ^= random << 13;
            random ^= random >> 7;
            random ^= random << 17;
            let event = EVENTS[usize::try_from(random % 9).unwrap()];
            let before = job.clone();
            match job.clone().apply(event, Timestamp(instant)) {
                Ok(after) => {
                    assert!(!before.state.is_final(), "{before:?} {event:?}");
                    collected += u32::from(event == Event::Collect);
                    ended += u32::from(matches!(event, Event::Delivered | Event::NotDelivered));
                    job = after;
                }
                Err(refused) => assert_eq!(refused, NotAllowed { state: before.state, event }),
            }
            let printing = matches!(job.state, State::Processing | State::Stopped);
            assert_eq!(collected - ended, u32::from(printing));
            assert_eq!(job.completed.is_some(), job.state.is_final());
        }
    }
}
