//! What is known of a document's pages.

/// Pages, colour and sheets of a document, as found in its data.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct PageCount {
    /// How sure the figures are.
    pub status: CountStatus,
    /// Why the count is undefined or failed; empty when there is nothing to say.
    pub why: String,
    /// Page languages in order of appearance.
    pub languages: Vec<String>,
    /// Printed page sides of all copies.
    pub pages: i64,
    /// Printed page sides with at least one coloured mark, of all copies.
    pub color_pages: i64,
    /// Sheets of paper of all copies.
    pub sheets: i64,
    /// Copies the data asks for; 0 when they differ within the data.
    pub copies: i64,
    /// Sides of the paper used.
    pub duplex: Duplex,
    /// PWG 5101.1 media name, `mixed`, or empty.
    pub paper: String,
    /// User named in the data; empty for none.
    pub user: String,
    /// Job name in the data; empty for none.
    pub job_name: String,
    /// Driver named in the data; empty for none.
    pub driver: String,
}

/// How sure a count is.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub enum CountStatus {
    /// Needs random access or an interpreter, and has not been done yet.
    #[default]
    Pending,
    /// Counted.
    Ok,
    /// The data does not say.
    Undefined,
    /// The data is broken.
    Failure,
}

/// Sides of the paper used.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub enum Duplex {
    /// Not known.
    #[default]
    Unknown,
    /// One side.
    Simplex,
    /// Both, turned over the long edge.
    LongEdge,
    /// Both, turned over the short edge.
    ShortEdge,
    /// Pages differ.
    Mixed,
}

impl Duplex {
    /// Whether any sheet is printed on both sides.
    pub fn is_duplex(self) -> bool {
        match self {
            Self::LongEdge | Self::ShortEdge | Self::Mixed => true,
            Self::Unknown | Self::Simplex => false,
        }
    }
}
