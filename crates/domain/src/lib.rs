//! What printing, owning, permitting, pricing and paying mean.
//!
//! Pure: no I/O, no clock, no async. Rules are functions from values to a value or a *named* refusal;
//! instants and new ids are arguments.
//!
//! - [`mod@time`]: instants in microseconds
//! - [`id`]: ids that cannot be swapped
//! - [`text`]: names with the limits of the guide
//! - [`secret`]: card codes, PINs, passwords; they cannot be printed by accident
//! - [`status`]: the status codes of the guide's table
//! - [`user`], [`device`], [`queue`]: people, printers, queues
//! - [`people`]: properties, groups, units, rights, codes and delegates of people
//! - [`data_logon`]: where the owner's name stands in print data
//! - [`count`]: what is known of a document's pages
//! - [`job`]: a job, its states and the table of transitions
//! - [`login`]: who may log in at a device
//! - [`collect`]: which held documents may be printed, by whom
//! - [`fidelity`]: whether a document suits a device
//! - [`finishing`]: what the panel and the ticket change of a document
//! - [`short_name`]: what panels leave out of documents' names
//! - [`retention`]: how long a job is kept
//! - [`walkup`]: copies, faxes, scans and e-mails made at a device
//! - [`tracking`]: who printed what, where, when, at which price
//! - [`money`] has the amounts
//! - [`price`]: what a document costs
//! - [`event`]: what administrators should know of
//! - [`mail`]: what mails say
//! - [`charge`]: who is tracked and who pays, at which device
//! - [`ledger`]: accounts of people, and every movement on them of money
//! - [`credit`]: credits that groups get by schedule

pub mod charge;
pub mod collect;
pub mod count;
pub mod credit;
pub mod data_logon;
pub mod device;
pub mod event;
pub mod fidelity;
pub mod finishing;
pub mod id;
pub mod job;
pub mod ledger;
pub mod login;
pub mod mail;
pub mod money;
pub mod people;
pub mod price;
pub mod push;
pub mod queue;
pub mod retention;
pub mod secret;
pub mod short_name;
pub mod status;
mod template_file;
pub mod text;
pub mod time;
pub mod tracking;
pub mod user;
pub mod walkup;

pub use count::PageCount;
pub use id::{CardId, DeviceId, DocumentId, JobId, QueueId, SubmissionId, TrackingId, UserId};
pub use money::Money;
pub use status::Status;
pub use text::{DeviceName, DomainName, Logon, QueueName, TextError};
pub use time::Timestamp;
