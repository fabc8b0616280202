//! Generated from `proto/*.proto`; the comments there are the documentation.
#![allow(missing_docs, unreachable_pub, clippy::all, clippy::allow_attributes, reason = "generated code")]

mod generated {
    include!(concat!(env!("OUT_DIR"), "/papergate.rs"));
}

pub use generated::papergate::charging::v1 as charging;
pub use generated::papergate::common::v1 as common;
pub use generated::papergate::jobserver::v1 as jobserver;
pub use generated::papergate::moneyserver::v1 as moneyserver;
pub use generated::papergate::people::v1 as people;
pub use generated::papergate::supervisor::v1 as supervisor;
pub use generated::papergate::trackingserver::v1 as trackingserver;
