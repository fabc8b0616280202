//! The streaming way in: bytes by any chunking, a report at the end.

use crate::report::Report;
use crate::segment::Segmenter;

/// What may differ between installations.
#[derive(Clone, Debug, Default)]
pub struct Options {
    /// The paper of the printer's cassette, for languages whose pages name none. Left out, such pages have no
    /// paper in the report.
    pub default_paper: Option<crate::media::Paper>,
}

/// What is known when the stream is over.
#[derive(Debug)]
pub enum Outcome {
    /// The answer.
    Decided(Report),
    /// Part of the stream must be read again with random access or by an interpreter: store it and call
    /// [`crate::inspect()`]. The report holds what is known so far; its status is undefined.
    NeedsSource(Report),
}

impl Outcome {
    /// The report, final or not.
    #[must_use]
    pub fn report(&self) -> &Report {
        match self {
            Self::Decided(report) | Self::NeedsSource(report) => report,
        }
    }

    /// The report, final or not.
    #[must_use]
    pub fn into_report(self) -> Report {
        match self {
            Self::Decided(report) | Self::NeedsSource(report) => report,
        }
    }
}

/// Reads print data as it passes by. Memory does not grow with the stream.
///
/// ```
/// let mut inspector = pdl::Inspector::new(pdl::Options::default());
/// for chunk in [&b"\x1b%-12345X@PJL SET COP"[..], b"IES=2\r\n", b"\x1b%-12345X"] {
///     inspector.push(chunk);
/// }
/// let report = inspector.finish().into_report();
/// assert_eq!(report.pages, pdl::Impressions(0));
/// ```
#[derive(Debug)]
pub struct Inspector {
    segmenter: Segmenter,
}

impl Inspector {
    /// An inspector at the start of a stream.
    #[must_use]
    pub fn new(options: Options) -> Self {
        Self { segmenter: Segmenter::new(options) }
    }

    /// Takes the next bytes of the stream.
    pub fn push(&mut self, bytes: &[u8]) {
        self.segmenter.push(bytes);
    }

    /// The stream is over.
    #[must_use]
    pub fn finish(self) -> Outcome {
        let (ledger, bytes) = self.segmenter.finish();
        if ledger.deferred().is_empty() {
            Outcome::Decided(ledger.into_report(bytes))
        } else {
            Outcome::NeedsSource(ledger.into_report(bytes))
        }
    }

    pub(crate) fn segmenter(&mut self) -> &mut Segmenter {
        &mut self.segmenter
    }

    pub(crate) fn into_segmenter(self) -> Segmenter {
        self.segmenter
    }
}
