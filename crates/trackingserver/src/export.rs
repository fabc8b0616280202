//! Exports records as a file in one of the guide's formats.
//!
//! - [`fields`]: the guide's names, in its order, and what they mean for a record.
//! - [`mod@format`]: CSV, TXT, XML and JSON.

pub mod fields;
pub mod format;

use domain::tracking::{EXPORT_LABEL_MAX, is_export_label};
use jiff::tz::TimeZone;
use rpc::Error;
use rpc::proto::trackingserver as proto;
use rpc::proto::trackingserver::export_chunk::Part;
use storage::tracking::{Filter, Tracking};

use crate::error::{invalid, store_failed};
use crate::list;
use crate::rpc::filter;

use format::{Encoder, Format, Separator};

/// Size at which a chunk is sent, bytes; one page of records more may be in it.
const CHUNK_BYTES: usize = 128 * 1024;

/// Most records labelled in one transaction.
const LABEL_PART: i64 = 5_000;

/// A checked request.
pub struct Order {
    filter: Filter,
    format: Format,
    separator: Separator,
    label: String,
}

impl Order {
    /// Checks a request.
    ///
    /// # Errors
    /// [`rpc::Kind::Invalid`] with the field at fault.
    pub fn parse(request: &proto::ExportRequest) -> Result<Self, Error> {
        let format = match request.format() {
            proto::export_request::Format::Csv => Format::Csv,
            proto::export_request::Format::Txt => Format::Txt,
            proto::export_request::Format::Xml => Format::Xml,
            proto::export_request::Format::Json => Format::Json,
            proto::export_request::Format::Unspecified => {
                return Err(invalid("format", "an export is CSV, TXT, XML or JSON"));
            }
        };
        let separator = Separator::parse(&request.separator).ok_or_else(|| {
            invalid(
                "separator",
                "a separator is one character that cannot be part of a number or a quotation",
            )
        })?;
        if !is_export_label(&request.label) {
            let why = format!("an export label has at most {EXPORT_LABEL_MAX} printable characters");
            return Err(invalid("label", why));
        }
        let filter = filter(request.from_us, request.to_us, &request.logon);
        Ok(Self { filter, format, separator, label: request.label.clone() })
    }
}

/// Labels, then sends the file. Records that arrive meanwhile are not part of it.
pub(crate) fn export(
    store: &Tracking,
    order: &Order,
    send: &dyn Fn(proto::ExportChunk) -> bool,
) -> Result<(), Error> {
    let until_sequence = store.sequence_last().map_err(store_failed)?;
    let filter = Filter { until_sequence: Some(until_sequence), ..order.filter.clone() };
    if !order.label.is_empty() {
        while store.records_label(&filter, &order.label, LABEL_PART).map_err(store_failed)? > 0 {}
    }
    let send = |part| send(proto::ExportChunk { part: Some(part) });
    let mut encoder = Encoder::new(order.format, order.separator, TimeZone::system());
    if let Some(schema) = encoder.schema()
        && !send(Part::Schema(schema.into_bytes()))
    {
        return Ok(());
    }
    let (mut records, mut buffer, mut listens) = (0, String::new(), true);
    encoder.begin(&mut buffer);
    list::pages(store, &filter, i64::MAX, |page| {
        for stored in &page {
            encoder.record(&mut buffer, &stored.record);
            records += 1;
        }
        if buffer.len() >= CHUNK_BYTES {
            listens = send(Part::Data(std::mem::take(&mut buffer).into_bytes()));
        }
        listens
    })?;
    encoder.end(&mut buffer);
    if listens && send(Part::Data(buffer.into_bytes())) {
        send(Part::End(proto::ExportEnd { records, until_sequence }));
    }
    Ok(())
}
