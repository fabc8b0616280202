//! Counters and state for whoever asks by SNMP, version 1 or 2c: the system group (RFC 3418), the printer of the Host
//! Resources MIB (RFC 2790) and the Printer MIB (RFC 3805).
//!
//! Two markers: the first counts every impression, the second those with colour. Two trays
//! that empty with what is printed as the toners do.

use std::net::SocketAddr;
use std::sync::Arc;

use bytes::Bytes;
use tokio::net::UdpSocket;
use wire::snmp::agent::{self, Table};
use wire::snmp::limits::DATAGRAM_BYTES;
use wire::snmp::mib::{self, ErrorState};
use wire::snmp::{Oid, Value, decode, encode};

use super::counts::Counts;
use super::engine::Engine;
use super::toner::{self, Toner, left, toners};
use crate::failure::Failure;
use crate::line;

/// Who answers.
#[derive(Debug)]
pub struct Agent {
    name: String,
    community: Bytes,
    engine: Arc<Engine>,
    /// When it was switched on, and what it had printed before.
    on_since: std::time::Instant,
    before: Counts,
}

impl Agent {
    /// An agent for this printer, which answers to questions that name `community`.
    #[must_use]
    pub fn new(name: &str, community: &str, engine: Arc<Engine>) -> Self {
        let community = Bytes::copy_from_slice(community.as_bytes());
        let before = engine.counts();
        Self { name: name.to_owned(), community, engine, on_since: line::now(), before }
    }

    /// The answer to a datagram; none to what is not understood, and none while the printer is offline.
    #[must_use]
    pub fn answer(&self, datagram: &[u8]) -> Option<Bytes> {
        let request = decode(datagram)
            .inspect_err(|why| tracing::debug!(%why, "a datagram is no SNMP question"))
            .ok()?;
        if self.engine.faults().borrow().offline() {
            return None;
        }
        agent::answer(&request, &self.community, &self.table()).map(|answer| encode(&answer))
    }

    /// The objects as they are now.
    fn table(&self) -> Table {
        let mut table = Table::new();
        self.system(&mut table);
        self.host(&mut table);
        self.printer(&mut table);
        table
    }

    fn system(&self, table: &mut Table) {
        // Wraps after 497 days, as the type is made (RFC 2578, section 7.1.8).
        let ticks = counter(self.on_since.elapsed().as_millis() / 10);
        put(table, mib::SYS_DESCR, &[], Value::text(MAKE_AND_MODEL));
        put(table, mib::SYS_OBJECT_ID, &[], Value::ObjectId(oid(&[1, 3, 6, 1, 4, 1, 32473, 1], &[])));
        put(table, mib::SYS_UP_TIME, &[], Value::TimeTicks(ticks));
        put(table, mib::SYS_CONTACT, &[], Value::text(""));
        put(table, mib::SYS_NAME, &[], Value::text(&self.name));
        put(table, mib::SYS_LOCATION, &[], Value::text(""));
        // Applications and an end-to-end host (RFC 3418, sysServices).
        put(table, mib::SYS_SERVICES, &[], Value::Integer(72));
    }

    fn host(&self, table: &mut Table) {
        let jammed = self.engine.jammed();
        put(table, mib::HR_DEVICE, &[1, 1], Value::Integer(1));
        put(table, mib::HR_DEVICE, &[2, 1], Value::ObjectId(oid(mib::HR_DEVICE_PRINTER, &[])));
        put(table, mib::HR_DEVICE_DESCR, &[], Value::text(MAKE_AND_MODEL));
        // running 2, down 5
        let (halted, told) = {
            let faults = self.engine.faults();
            let faults = faults.borrow();
            (jammed || faults.halted(), faults.error_state())
        };
        put(table, mib::HR_DEVICE_STATUS, &[], Value::Integer(if halted { 5 } else { 2 }));
        // RFC 3805, appendix E: a jam, an empty tray, an open door are "other" and "down".
        let status = match (halted, self.engine.busy()) {
            (true, _) => 1,
            (false, true) => 4,
            (false, false) => 3,
        };
        put(table, mib::HR_PRINTER_STATUS, &[], Value::Integer(status));
        let errors = if jammed { told.and(ErrorState::JAMMED) } else { told };
        let errors = Value::OctetString(Bytes::copy_from_slice(&errors.octets()));
        put(table, mib::HR_PRINTER_DETECTED_ERROR_STATE, &[], errors);
    }

    fn printer(&self, table: &mut Table) {
        let counts = self.engine.counts();
        let serial = format!("VMFP-{}", self.name.to_uppercase());
        put(table, mib::PRT_GENERAL_PRINTER_NAME, &[], Value::text(&self.name));
        put(table, mib::PRT_GENERAL_SERIAL_NUMBER, &[], Value::text(&serial));
        for (tray, (name, media)) in (1..).zip(TRAYS) {
            let mut input = |column, value| put(table, mib::PRT_INPUT, &[column, 1, tray], value);
            // The first tray feeds everything; the second is there to be seen.
            let used = if tray == 1 { counts.sheets } else { 0 };
            input(2, Value::Integer(3)); // prtInputType: sheetFeedAutoRemovableTray
            input(8, Value::Integer(8)); // prtInputCapacityUnit: sheets
            input(9, Value::Integer(TRAY_SHEETS));
            input(10, Value::Integer(left(TRAY_SHEETS, used)));
            input(11, Value::Integer(0)); // prtInputStatus: available and idle
            input(12, Value::text(media));
            input(13, Value::text(name));
            input(18, Value::text(name));
        }
        let markers =
            [(counts.impressions, self.before.impressions, 1), (counts.color, self.before.color, 4)];
        for (marker, (life, before, colorants)) in (1..).zip(markers) {
            let mut row = |column, value| put(table, mib::PRT_MARKER, &[column, 1, marker], value);
            row(2, Value::Integer(4)); // prtMarkerMarkTech: electrophotographicLaser
            row(3, Value::Integer(7)); // prtMarkerCounterUnit: impressions
            row(4, Value::Counter32(counter(u128::from(life))));
            row(5, Value::Counter32(counter(u128::from(life.saturating_sub(before)))));
            row(6, Value::Integer(colorants)); // prtMarkerProcessColorants
            row(7, Value::Integer(0)); // prtMarkerSpotColorants
            row(15, Value::Integer(if self.engine.jammed() { 3 } else { 0 })); // prtMarkerStatus
        }
        for (supply, Toner { color, name, left }) in (1..).zip(toners(counts)) {
            let mut row = |column, value| put(table, mib::PRT_MARKER_SUPPLIES, &[column, 1, supply], value);
            row(2, Value::Integer(1)); // prtMarkerSuppliesMarkerIndex
            row(3, Value::Integer(i32::try_from(supply).unwrap_or(0))); // prtMarkerSuppliesColorantIndex
            row(4, Value::Integer(3)); // prtMarkerSuppliesClass: supplyThatIsConsumed
            row(5, Value::Integer(3)); // prtMarkerSuppliesType: toner
            row(6, Value::text(name));
            row(7, Value::Integer(7)); // prtMarkerSuppliesSupplyUnit: impressions
            row(8, Value::Integer(toner::IMPRESSIONS));
            row(9, Value::Integer(left));
            let mut colorant =
                |column, value| put(table, mib::PRT_MARKER_COLORANT, &[column, 1, supply], value);
            colorant(2, Value::Integer(1)); // prtMarkerColorantMarkerIndex
            colorant(3, Value::Integer(3)); // prtMarkerColorantRole: process
            colorant(4, Value::text(color));
            colorant(5, Value::Integer(2)); // prtMarkerColorantTonality: on or off
        }
        let display = match (self.engine.jammed(), self.engine.busy()) {
            (true, _) => "Paper jam",
            (false, true) => "Printing",
            (false, false) => "Ready",
        };
        put(table, mib::PRT_CONSOLE_TEXT, &[1, 1], Value::text(display));
    }
}

/// Opens the port.
///
/// # Errors
/// When it is taken or forbidden.
pub async fn open(address: SocketAddr) -> Result<UdpSocket, Failure> {
    let failed = Failure::io(format!("listen for snmp on {address}"));
    let socket = async {
        let socket = UdpSocket::bind(address).await?;
        Ok((socket.local_addr()?, socket))
    };
    let (address, socket) = socket.await.map_err(failed)?;
    tracing::info!(what = "snmp", %address, "listening");
    Ok(socket)
}

/// Answers for ever.
pub async fn serve(socket: UdpSocket, agent: Agent) {
    let mut buffer = [0; DATAGRAM_BYTES + 1];
    loop {
        match socket.recv_from(&mut buffer).await {
            Ok((length, from)) => {
                if let Some(answer) = agent.answer(&buffer[..length])
                    && let Err(error) = socket.send_to(&answer, from).await
                {
                    tracing::debug!(%from, %error, "an SNMP answer could not be sent");
                }
            }
            // Somebody asked and left: the system tells it here.
            Err(error) => {
                tracing::debug!(%error, "an SNMP question could not be received");
                tokio::task::yield_now().await;
            }
        }
    }
}

fn put(table: &mut Table, root: &[u32], index: &[u32], value: Value) {
    table.insert(oid(root, index), value);
}

fn oid(root: &[u32], index: &[u32]) -> Oid {
    Oid::new([root, index].concat()).expect("names of standards are identifiers")
}

/// A counter of 32 bits, which starts again from 0 when it is full.
fn counter(count: u128) -> u32 {
    u32::try_from(count % (1 << 32)).expect("a remainder of 32 bits")
}

/// `printer-make-and-model` of the IPP side too.
const MAKE_AND_MODEL: &str = "Papergate virtual MFP";
/// Trays: name and paper.
const TRAYS: [(&str, &str); 2] = [("Tray 1", "iso_a4_210x297mm"), ("Tray 2", "iso_a3_297x420mm")];
/// Sheets that a tray holds.
const TRAY_SHEETS: i32 = 500;
