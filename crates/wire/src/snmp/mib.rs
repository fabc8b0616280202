//! The objects that matter to us, by the names of their standards. Columns of tables lack their index.

/// `sysDescr.0` (RFC 3418).
pub const SYS_DESCR: &[u32] = &[1, 3, 6, 1, 2, 1, 1, 1, 0];
/// `sysObjectID.0`.
pub const SYS_OBJECT_ID: &[u32] = &[1, 3, 6, 1, 2, 1, 1, 2, 0];
/// `sysUpTime.0`: hundredths of a second.
pub const SYS_UP_TIME: &[u32] = &[1, 3, 6, 1, 2, 1, 1, 3, 0];
/// `sysContact.0`.
pub const SYS_CONTACT: &[u32] = &[1, 3, 6, 1, 2, 1, 1, 4, 0];
/// `sysName.0`.
pub const SYS_NAME: &[u32] = &[1, 3, 6, 1, 2, 1, 1, 5, 0];
/// `sysLocation.0`.
pub const SYS_LOCATION: &[u32] = &[1, 3, 6, 1, 2, 1, 1, 6, 0];
/// `sysServices.0`.
pub const SYS_SERVICES: &[u32] = &[1, 3, 6, 1, 2, 1, 1, 7, 0];

/// `hrDeviceTable` entries (RFC 2790): a column and `hrDeviceIndex` follow.
pub const HR_DEVICE: &[u32] = &[1, 3, 6, 1, 2, 1, 25, 3, 2, 1];
/// `hrDevicePrinter`, the type of a printer.
pub const HR_DEVICE_PRINTER: &[u32] = &[1, 3, 6, 1, 2, 1, 25, 3, 1, 5];
/// `hrDeviceDescr` of the first device: make and model.
pub const HR_DEVICE_DESCR: &[u32] = &[1, 3, 6, 1, 2, 1, 25, 3, 2, 1, 3, 1];
/// `hrDeviceStatus` of the first device: running 2, warning 3, down 5.
pub const HR_DEVICE_STATUS: &[u32] = &[1, 3, 6, 1, 2, 1, 25, 3, 2, 1, 5, 1];
/// `hrPrinterStatus` of the first device: other 1, unknown 2, idle 3, printing 4, warming up 5.
pub const HR_PRINTER_STATUS: &[u32] = &[1, 3, 6, 1, 2, 1, 25, 3, 5, 1, 1, 1];
/// `hrPrinterDetectedErrorState` of the first device: bits, see [`ErrorState`].
pub const HR_PRINTER_DETECTED_ERROR_STATE: &[u32] = &[1, 3, 6, 1, 2, 1, 25, 3, 5, 1, 2, 1];

/// `prtGeneralTable` entries (RFC 3805): a column and `hrDeviceIndex` follow.
pub const PRT_GENERAL: &[u32] = &[1, 3, 6, 1, 2, 1, 43, 5, 1, 1];
/// `prtGeneralPrinterName` of the first device.
pub const PRT_GENERAL_PRINTER_NAME: &[u32] = &[1, 3, 6, 1, 2, 1, 43, 5, 1, 1, 16, 1];
/// `prtGeneralSerialNumber` of the first device.
pub const PRT_GENERAL_SERIAL_NUMBER: &[u32] = &[1, 3, 6, 1, 2, 1, 43, 5, 1, 1, 17, 1];
/// `prtInputTable` entries: a column, `hrDeviceIndex` and `prtInputIndex` follow.
pub const PRT_INPUT: &[u32] = &[1, 3, 6, 1, 2, 1, 43, 8, 2, 1];
/// `prtMarkerTable` entries: a column, `hrDeviceIndex` and `prtMarkerIndex` follow.
pub const PRT_MARKER: &[u32] = &[1, 3, 6, 1, 2, 1, 43, 10, 2, 1];
/// `prtMarkerLifeCount` of the first marker of the first device: everything it ever printed, in
/// `prtMarkerCounterUnit`.
pub const PRT_MARKER_LIFE_COUNT: &[u32] = &[1, 3, 6, 1, 2, 1, 43, 10, 2, 1, 4, 1, 1];
/// `prtMarkerLifeCount` of the second marker, where a device counts colour impressions apart.
pub const PRT_MARKER_LIFE_COUNT_SECOND: &[u32] = &[1, 3, 6, 1, 2, 1, 43, 10, 2, 1, 4, 1, 2];
/// `prtMarkerSuppliesTable` entries: a column, `hrDeviceIndex` and `prtMarkerSuppliesIndex` follow.
pub const PRT_MARKER_SUPPLIES: &[u32] = &[1, 3, 6, 1, 2, 1, 43, 11, 1, 1];
/// `prtMarkerSuppliesColorantIndex` of the first device: `prtMarkerSuppliesIndex` follows.
pub const PRT_MARKER_SUPPLIES_COLORANT: &[u32] = &[1, 3, 6, 1, 2, 1, 43, 11, 1, 1, 3, 1];
/// `prtMarkerSuppliesSupplyUnit` of the first device: `prtMarkerSuppliesIndex` follows.
pub const PRT_MARKER_SUPPLIES_UNIT: &[u32] = &[1, 3, 6, 1, 2, 1, 43, 11, 1, 1, 7, 1];
/// `prtMarkerSuppliesLevel` of the first device: `prtMarkerSuppliesIndex` follows.
pub const PRT_MARKER_SUPPLIES_LEVEL: &[u32] = &[1, 3, 6, 1, 2, 1, 43, 11, 1, 1, 9, 1];
/// `PrtMarkerSuppliesSupplyUnitTC`: what is left is told in impressions.
pub const UNIT_IMPRESSIONS: i64 = 7;
/// `prtMarkerColorantTable` entries: a column, `hrDeviceIndex` and `prtMarkerColorantIndex` follow.
pub const PRT_MARKER_COLORANT: &[u32] = &[1, 3, 6, 1, 2, 1, 43, 12, 1, 1];
/// `prtMarkerColorantValue` of the first device: `prtMarkerColorantIndex` follows.
pub const PRT_MARKER_COLORANT_VALUE: &[u32] = &[1, 3, 6, 1, 2, 1, 43, 12, 1, 1, 4, 1];
/// `prtConsoleDisplayBufferText` entries: `hrDeviceIndex` and the line follow.
pub const PRT_CONSOLE_TEXT: &[u32] = &[1, 3, 6, 1, 2, 1, 43, 16, 5, 1, 2];

/// The bits of `hrPrinterDetectedErrorState`: bit 0 is the highest of the first octet (RFC 2790, section 5.5).
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct ErrorState(u8);

impl ErrorState {
    /// Little paper is left.
    pub const LOW_PAPER: Self = Self(0x80);
    /// No paper is left.
    pub const NO_PAPER: Self = Self(0x40);
    /// Little toner is left.
    pub const LOW_TONER: Self = Self(0x20);
    /// No toner is left.
    pub const NO_TONER: Self = Self(0x10);
    /// A door is open.
    pub const DOOR_OPEN: Self = Self(0x08);
    /// Paper is jammed.
    pub const JAMMED: Self = Self(0x04);
    /// It is not connected.
    pub const OFFLINE: Self = Self(0x02);
    /// Somebody must come and look.
    pub const SERVICE_REQUESTED: Self = Self(0x01);

    /// The state that an agent's octets tell; further octets (RFC 3805 adds some) tell nothing that is here.
    #[must_use]
    pub fn of(octets: &[u8]) -> Self {
        Self(octets.first().copied().unwrap_or(0))
    }

    /// As octets.
    #[must_use]
    pub fn octets(self) -> [u8; 1] {
        [self.0]
    }

    /// Both.
    #[must_use]
    pub fn and(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// Whether all bits of `other` are set.
    #[must_use]
    pub fn has(self, other: Self) -> bool {
        self.0 & other.0 == other.0
    }

    /// What will soon keep it from printing, in a few words; none when there is enough.
    #[must_use]
    pub fn warning(self) -> Option<&'static str> {
        [(Self::LOW_TONER, "toner is low"), (Self::LOW_PAPER, "paper is low")]
            .into_iter()
            .find_map(|(bit, words)| self.has(bit).then_some(words))
    }

    /// What keeps the printer from printing, in a few words; none when it can print.
    #[must_use]
    pub fn obstacle(self) -> Option<&'static str> {
        [
            (Self::JAMMED, "paper jam"),
            (Self::NO_PAPER, "no paper"),
            (Self::NO_TONER, "no toner"),
            (Self::DOOR_OPEN, "a door is open"),
            (Self::OFFLINE, "offline"),
            (Self::SERVICE_REQUESTED, "service requested"),
        ]
        .into_iter()
        .find_map(|(bit, words)| self.has(bit).then_some(words))
    }
}
