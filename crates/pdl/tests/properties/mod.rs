//! What must hold for any bytes whatever: the fuzz targets and the replay of their corpora check the same.

use std::io;
use std::sync::atomic::{AtomicU64, Ordering};

use pdl::inspect::inspect_with;
use pdl::rewrite::{Means, Rewriter, Wishes};
use pdl::{Copies, Helpers, Inspector, Options, Outcome, ReadAt, Report, Sides};

/// Reading a document may look at it many times over, but not without bound: this many bytes for each of its bytes...
const BYTES_READ_EACH: u64 = 4_096;

/// ...and this many for any document.
const BYTES_READ_FREE: u64 = 256 << 20;

/// Any chunking gives the same answer, reading with random access agrees with streaming where streaming was enough, the sums
/// are possible, and the work is bounded.
pub(crate) fn stream(data: &[u8]) {
    let whole = streamed(data, &[usize::MAX]);
    check(whole.report());
    for sizes in [&[1][..], &[7, 1, 64, 3, 1000], &[4096, 9]] {
        let parts = streamed(data, sizes);
        assert_eq!(parts.report(), whole.report(), "in chunks of {sizes:?}");
    }
    let source = Counted { data, read: AtomicU64::new(0) };
    let complete = inspect_with(&source, Options::default(), &Helpers::none(), &mut |_| {});
    check(&complete);
    let bound = (data.len() as u64).saturating_mul(BYTES_READ_EACH).saturating_add(BYTES_READ_FREE);
    let read = source.read.load(Ordering::Relaxed);
    assert!(read <= bound, "{read} bytes read of a document of {}", data.len());
    if let Outcome::Decided(report) = &whole {
        assert_eq!(&complete, report, "random access");
    }
}

/// As [`stream`], for data behind a PJL header that names its language: nothing is guessed from its beginning.
pub(crate) fn entered(language: &str, data: &[u8]) {
    let mut job = format!("\x1b%-12345X@PJL SET COPIES=2\r\n@PJL ENTER LANGUAGE={language}\r\n").into_bytes();
    job.extend_from_slice(data);
    stream(&job);
}

/// Without wishes the filter is a copy; with them any chunking gives the same bytes, and a second pass changes nothing.
pub(crate) fn rewrite(data: &[u8]) {
    let all = Wishes { sides: Some(Sides::LongEdge), copies: Some(Copies(3)), mono: true, toner_save: true };
    let none = Wishes::default();
    let one_sided = Wishes { sides: Some(Sides::OneSided), ..none };
    let short_edge = Wishes { sides: Some(Sides::ShortEdge), mono: true, ..none };
    for pjl in [true, false] {
        let means = Means { pjl };
        assert_eq!(rewritten(data, none, means, &[usize::MAX]), data, "nothing wished");
        assert_eq!(rewritten(data, none, means, &[5, 1, 700]), data, "nothing wished, in chunks");
        for wishes in [all, one_sided, short_edge] {
            let whole = rewritten(data, wishes, means, &[usize::MAX]);
            for sizes in [&[1][..], &[7, 1, 64, 3, 1000], &[4096, 9]] {
                assert_eq!(rewritten(data, wishes, means, sizes), whole, "in chunks of {sizes:?}");
            }
            assert_eq!(rewritten(&whole, wishes, means, &[usize::MAX]), whole, "twice, {wishes:?} {means:?}");
        }
    }
}

/// As [`rewrite()`](fn@rewrite), for data behind a PJL header that names its language, and bare.
pub(crate) fn rewrite_entered(language: &str, data: &[u8]) {
    let mut job =
        format!("\x1b%-12345X@PJL SET DUPLEX=OFF QTY=2\r\n@PJL ENTER LANGUAGE={language}\r\n").into_bytes();
    job.extend_from_slice(data);
    rewrite(&job);
    rewrite(data);
}

fn rewritten(data: &[u8], wishes: Wishes, means: Means, sizes: &[usize]) -> Vec<u8> {
    let mut rewriter = Rewriter::new(wishes, means);
    let mut out = Vec::new();
    let mut rest = data;
    for size in sizes.iter().cycle() {
        let (chunk, after) = rest.split_at(rest.len().min(*size));
        rewriter.push(chunk, &mut out);
        rest = after;
        if rest.is_empty() {
            break;
        }
    }
    rewriter.finish(&mut out);
    out
}

/// The readers of pictures come to an end, and one that is whole stays what it is.
pub(crate) fn picture(data: &[u8]) {
    let reading = pdl::image::jpeg::Reading { to_the_end: true, ..Default::default() };
    let _ = pdl::image::jpeg::read(data, reading);
    let _ = pdl::image::jpeg::read(data, pdl::image::jpeg::Reading::default());
    let _ = pdl::image::png::read(data);
    let source = Counted { data, read: AtomicU64::new(0) };
    let _ = pdl::image::jxr::read(&source);
    if let Ok(mut file) = pdl::image::tiff::Tiff::open(&source) {
        while let Ok(Some(_)) = file.next_picture() {}
    }
}

fn streamed(data: &[u8], sizes: &[usize]) -> Outcome {
    let mut inspector = Inspector::new(Options::default());
    let mut rest = data;
    for size in sizes.iter().cycle() {
        let (chunk, after) = rest.split_at(rest.len().min(*size));
        inspector.push(chunk);
        rest = after;
        if rest.is_empty() {
            break;
        }
    }
    inspector.finish()
}

/// Sums that contradict each other are wrong whatever the data.
fn check(report: &Report) {
    assert!(!report.languages.is_empty());
    assert!(report.color_pages <= report.color_pages_data, "{report:?}");
    assert!(report.color_pages_data <= report.pages, "{report:?}");
    assert!(report.sheets.0 <= report.pages.0, "{report:?}");
    if report.pages.0 < u64::MAX {
        assert!(report.pages.0 <= report.sheets.0.saturating_mul(2), "{report:?}");
    }
}

/// A document that counts how much of it is read.
struct Counted<'d> {
    data: &'d [u8],
    read: AtomicU64,
}

impl ReadAt for Counted<'_> {
    fn len(&self) -> u64 {
        self.data.len() as u64
    }

    fn read_at(&self, offset: u64, buf: &mut [u8]) -> io::Result<usize> {
        let read = self.data.read_at(offset, buf)?;
        self.read.fetch_add(read as u64, Ordering::Relaxed);
        Ok(read)
    }
}
