//! What 7500 and 7700 do alike with a person's documents.

use wire::safecom::records::{self, ChangedAnswer};
use wire::safecom::{Answer, Status};

use crate::failed::Failed;
use crate::session::Document;

use super::convert;

/// How changing documents one by one went; what is refused for one does not stop the others.
#[derive(Default)]
pub(super) struct Tally {
    changed: u32,
    /// The first refusal.
    refused: Option<Failed>,
}

impl Tally {
    /// Notes one document.
    pub(super) fn note<T>(&mut self, outcome: Result<T, Failed>) {
        match outcome {
            Ok(_) => self.changed += 1,
            Err(failed) => {
                self.refused.get_or_insert(failed);
            }
        }
    }

    /// The answer to the request.
    pub(super) fn answer(self) -> Answer {
        let refused = match self.refused {
            None => Status::Done,
            Some(failed) if self.changed > 0 => convert::status(failed.status),
            // Nothing was done at all: the sentence says why.
            Some(failed) => return convert::refusal(failed),
        };
        Answer::Changed(ChangedAnswer { changed: self.changed, refused })
    }
}

/// The wanted part of a listing: documents after an id, so many at most (0: all).
pub(super) fn page(documents: Vec<Document>, after_id: u64, limit: u32) -> Vec<records::Document> {
    let limit = if limit == 0 { usize::MAX } else { limit as usize };
    documents
        .into_iter()
        .filter(|document| after_id == 0 || convert::id(document.id) > after_id)
        .take(limit)
        .map(convert::document)
        .collect()
}
