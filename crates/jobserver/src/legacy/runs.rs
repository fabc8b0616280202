//! Print runs that a panel watches.

use std::task::{Context, Poll};

use crate::session::{PrintEvent, PrintRun};

/// Runs of one connection, by the request that began them.
#[derive(Default)]
pub(super) struct Runs(Vec<Run>);

struct Run {
    id: u32,
    began_by: BeganBy,
    run: PrintRun,
}

/// What began a run, because its last answer differs.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum BeganBy {
    /// A print request.
    Print,
    /// Printing all at login.
    Login,
}

/// What a run said.
pub(super) enum Said {
    /// Something happened.
    Event(PrintEvent),
    /// It ended without saying so: a fault of ours.
    Gone,
}

impl Runs {
    /// Watches a run.
    pub(super) fn begin(&mut self, id: u32, began_by: BeganBy, run: PrintRun) {
        self.0.push(Run { id, began_by, run });
    }

    /// Whether none is under way.
    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Stops the run that this request began; `false` when it is over or never was.
    pub(super) fn stop(&self, id: u32) -> bool {
        let run = self.0.iter().find(|run| run.id == id);
        run.inspect(|run| run.run.stopper.stop()).is_some()
    }

    /// How many are under way.
    pub(super) fn len(&self) -> usize {
        self.0.len()
    }

    /// Resolves with the next news of any run. Dropping the future loses nothing.
    pub(super) async fn next(&mut self) -> (u32, BeganBy, Said) {
        std::future::poll_fn(|context| self.poll_next(context)).await
    }

    fn poll_next(&mut self, context: &mut Context<'_>) -> Poll<(u32, BeganBy, Said)> {
        for at in 0..self.0.len() {
            let Run { id, began_by, run } = &mut self.0[at];
            let (id, began_by) = (*id, *began_by);
            if let Poll::Ready(event) = run.events.poll_recv(context) {
                let is_over = matches!(event, None | Some(PrintEvent::Done { .. }));
                if is_over {
                    self.0.remove(at);
                }
                return Poll::Ready((id, began_by, event.map_or(Said::Gone, Said::Event)));
            }
        }
        Poll::Pending
    }
}
