//! The one integration binary. Each module is a chapter; a test in it is a story with real processes.

mod collect;
mod documents;
mod durability;
mod money;
mod remote;
mod secrecy;
mod workspace;
