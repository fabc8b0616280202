//! The one integration binary. Each module is a chapter; a test in it is a story with real processes.

mod collect;
mod config;
mod conformance;
mod devices;
mod documents;
mod durability;
mod money;
mod postgres;
mod remote;
mod restore;
mod secrecy;
mod workspace;
