//! Every bound of the XPS reader.

/// Entries of a package that are seen; more leave the answer undefined.
pub(super) const PARTS_MAX: usize = 131_072;

/// Bytes unpacked of one package, all parts together. A page bitmap of A4 at 600 dpi in RGB has 104 MB.
pub(super) const PACKAGE_UNPACKED_BYTES_MAX: u64 = 8 << 30;

/// Pages of one package.
pub(super) const PAGES_MAX: u64 = 1_000_000;

/// Documents of one package.
pub(super) const DOCUMENTS_MAX: u64 = 65_536;

/// Elements inside each other.
pub(super) const DEPTH_MAX: usize = 256;

/// Longest attribute value kept; longer ones (path data, positions of glyphs) count as "anything".
pub(super) const VALUE_BYTES_MAX: usize = 32 * 1024;

/// Attributes kept of one element.
pub(super) const ATTRIBUTES_MAX: usize = 64;

/// Longest text between two tags that is kept.
pub(super) const TEXT_BYTES_MAX: usize = 4 * 1024;

/// Entries of all resource dictionaries of a page.
pub(super) const RESOURCES_MAX: usize = 16_384;

/// Pictures and pages whose tint is remembered.
pub(super) const REMEMBERED_MAX: usize = 16_384;

/// Pictures that must be held in memory to be read (packed TIFF).
pub(super) const PICTURE_MEMORY_BYTES_MAX: u64 = 4 << 20;

/// Features, options and parameters of a print ticket.
pub(super) const TICKET_ENTRIES_MAX: usize = 1_024;

/// Relationships of one part.
pub(super) const RELATIONSHIPS_MAX: usize = 65_536;
