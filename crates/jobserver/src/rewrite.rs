//! Documents changed on their way to the device: sides, copies, gray and less toner, as [`domain::finishing`] decided.
//!
//! Raw devices and device sessions get the data rewritten while it streams from the spool; IPP devices get the same
//! as attributes (see `release::ipp`), and their data as it is.

use std::sync::Arc;

use domain::count::{Duplex, PageCount};
use domain::finishing::{Change, Finishing};
use pdl::rewrite::{Means, Rewriter, Wish, Wishes, can_apply};
use pdl::{Copies, Language, Sides};

use crate::failed::Failed;
use crate::release::{Blocks, NotDelivered};
use crate::spool::{Block, Reader};

/// Raw devices that print on both sides or in colour understand PJL; a header is only added when something has to
/// be changed.
const MEANS: Means = Means { pjl: true };

/// What of a finishing the data's own languages can say.
pub(crate) fn in_data(finishing: Finishing, count: &PageCount) -> Finishing {
    let languages: Vec<Language> =
        count.languages.iter().filter_map(|name| Language::from_name(name)).collect();
    finishing.only(|change| {
        let wish = match change {
            Change::Sides => Wish::Sides,
            Change::Mono => Wish::Mono,
            Change::TonerSave => Wish::TonerSave,
            Change::Copies => Wish::Copies,
        };
        !languages.is_empty() && can_apply(wish, &languages, MEANS)
    })
}

fn wishes(finishing: &Finishing) -> Wishes {
    Wishes {
        sides: finishing.sides.and_then(|sides| match sides {
            Duplex::Simplex => Some(Sides::OneSided),
            Duplex::LongEdge => Some(Sides::LongEdge),
            Duplex::ShortEdge => Some(Sides::ShortEdge),
            Duplex::Unknown | Duplex::Mixed => None,
        }),
        copies: finishing.copies.map(Copies::from_request),
        mono: finishing.mono,
        toner_save: finishing.toner_save,
    }
}

/// The blocks of a document as the device gets them.
pub(crate) struct Changed {
    blocks: Blocks,
    rewriter: Option<Rewriter>,
    done: bool,
}

/// One of them; empty behind the last.
pub(crate) enum Piece {
    Plain(Block),
    Changed(Vec<u8>),
}

impl Piece {
    pub(crate) fn bytes(&self) -> &[u8] {
        match self {
            Self::Plain(block) => block.bytes(),
            Self::Changed(bytes) => bytes,
        }
    }
}

impl Changed {
    pub(crate) fn new(reader: &Arc<Reader>, finishing: &Finishing) -> Self {
        let wishes = wishes(finishing);
        let rewriter = (!wishes.is_empty()).then(|| Rewriter::new(wishes, MEANS));
        Self { blocks: Blocks::new(reader), rewriter, done: false }
    }

    /// The next piece. Give it back with [`Changed::recycle`].
    pub(crate) async fn next(&mut self) -> Result<Piece, NotDelivered> {
        if self.done {
            return Ok(Piece::Changed(Vec::new()));
        }
        loop {
            let block = self.blocks.next().await?;
            let Some(rewriter) = &mut self.rewriter else { return Ok(Piece::Plain(block)) };
            let mut out = Vec::with_capacity(block.bytes().len() + 1024);
            if block.bytes().is_empty() {
                if let Some(rewriter) = self.rewriter.take() {
                    rewriter.finish(&mut out);
                }
                self.done = true;
                return Ok(Piece::Changed(out));
            }
            rewriter.push(block.bytes(), &mut out);
            self.blocks.recycle(block);
            if !out.is_empty() {
                return Ok(Piece::Changed(out));
            }
        }
    }

    pub(crate) fn recycle(&mut self, piece: Piece) {
        if let Piece::Plain(block) = piece {
            self.blocks.recycle(block);
        }
    }
}

/// How long a document is as the device gets it. Reads it through when it is changed.
pub(crate) async fn length(reader: &Arc<Reader>, finishing: &Finishing) -> Result<u64, NotDelivered> {
    let wishes = wishes(finishing);
    if wishes.is_empty() {
        return Ok(reader.plain_len());
    }
    let reader = Arc::clone(reader);
    let measured = tokio::task::spawn_blocking(move || {
        let mut rewriter = Rewriter::new(wishes, MEANS);
        let (mut block, mut out, mut length) = (Block::default(), Vec::new(), 0);
        for number in 0.. {
            reader.block(number, &mut block)?;
            if block.bytes().is_empty() {
                break;
            }
            rewriter.push(block.bytes(), &mut out);
            length += out.len() as u64;
            out.clear();
        }
        rewriter.finish(&mut out);
        Ok::<_, crate::spool::SpoolError>(length + out.len() as u64)
    });
    let failed = |failed: Failed| NotDelivered::new(failed.status, failed.message);
    match measured.await {
        Ok(measured) => measured.map_err(|error| failed(error.into())),
        Err(error) => {
            Err(NotDelivered::new(domain::Status::GENERAL_FAILURE, format!("reading failed: {error}")))
        }
    }
}
