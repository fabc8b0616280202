//! Numbers that must not be mixed up (RFC 8011 keeps the same distinctions for job sizes).

use std::fmt;

macro_rules! count {
    ($(#[$doc:meta])* $name:ident($inner:ty)) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(pub $inner);

        impl $name {
            /// None of them.
            pub const ZERO: Self = Self(0);

            /// The sum, stopping at the type's maximum: a hostile stream can ask for any number of copies.
            #[must_use]
            pub fn plus(self, other: Self) -> Self {
                Self(self.0.saturating_add(other.0))
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }
    };
}

count! {
    /// Printed page sides, blank ones that come out of the printer included (RFC 8011 `job-impressions`).
    Impressions(u64)
}
count! {
    /// Pieces of paper (RFC 8011 `job-media-sheets`).
    Sheets(u64)
}
count! {
    /// How often a page or a job is printed; never zero once read from a stream.
    Copies(u32)
}

impl Copies {
    /// The default of every language.
    pub const ONE: Self = Self(1);

    /// What a stream asks for: zero and negative numbers print once, as on printers.
    #[must_use]
    pub fn from_request(asked: i64) -> Self {
        Self(u32::try_from(asked.max(1)).unwrap_or(u32::MAX))
    }

    /// Copies of copies, for example a PJL quantity times the copies of a page.
    #[must_use]
    pub fn times(self, other: Self) -> Self {
        Self(self.0.saturating_mul(other.0))
    }
}

impl Impressions {
    /// So many sides, each printed `copies` times.
    #[must_use]
    pub fn times(self, copies: Copies) -> Self {
        Self(self.0.saturating_mul(u64::from(copies.0)))
    }
}

impl Sheets {
    /// So many sheets, each printed `copies` times.
    #[must_use]
    pub fn times(self, copies: Copies) -> Self {
        Self(self.0.saturating_mul(u64::from(copies.0)))
    }
}
