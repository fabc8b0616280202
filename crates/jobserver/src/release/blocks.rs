//! The document as a stream of decrypted blocks: the next one is read while the one before is being sent.

use std::sync::Arc;

use domain::Status;
use tokio::task::JoinHandle;

use super::NotDelivered;
use crate::failed::Failed;
use crate::spool::{Block, Reader, SpoolError};

/// Reads ahead by one block; two buffers go round.
pub(crate) struct Blocks {
    reader: Arc<Reader>,
    next: JoinHandle<(Block, Result<(), SpoolError>)>,
    spare: Option<Block>,
    number: u32,
}

impl Blocks {
    pub(crate) fn new(reader: &Arc<Reader>) -> Self {
        let next = read(reader, 0, Block::default());
        Self { reader: Arc::clone(reader), next, spare: Some(Block::default()), number: 1 }
    }

    /// The next block; an empty one after the last. Give it back with [`Blocks::recycle`].
    pub(crate) async fn next(&mut self) -> Result<Block, NotDelivered> {
        let (block, outcome) = (&mut self.next).await.map_err(|error| {
            NotDelivered::new(Status::GENERAL_FAILURE, format!("reading failed: {error}"))
        })?;
        outcome.map_err(|error| {
            let Failed { status, message, .. } = error.into();
            NotDelivered { status, message }
        })?;
        if !block.bytes().is_empty() {
            self.next = read(&self.reader, self.number, self.spare.take().unwrap_or_default());
            self.number += 1;
        }
        Ok(block)
    }

    pub(crate) fn recycle(&mut self, block: Block) {
        self.spare = Some(block);
    }
}

fn read(reader: &Arc<Reader>, number: u32, mut block: Block) -> JoinHandle<(Block, Result<(), SpoolError>)> {
    let reader = Arc::clone(reader);
    tokio::task::spawn_blocking(move || {
        let outcome = reader.block(number, &mut block);
        (block, outcome)
    })
}
