//! The one integration binary. Each module is a chapter; a test in it is a story with real processes.

mod away;
mod cashier;
mod certificates;
mod clients;
mod collect;
mod config;
mod conformance;
mod console;
mod devices;
mod discovery;
mod documents;
mod durability;
mod flushes;
mod money;
mod outages;
mod paid;
mod postgres;
mod push;
mod remote;
mod restore;
mod secrecy;
mod sessions;
mod workspace;
