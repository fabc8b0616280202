//! The status codes that every answer carries.
//!
//! Numbers are those of the original's error-code table, so that what an administrator knows by heart
//! stays true; the sentences are ours. Licence codes are kept for completeness and never sent.

/// Makes the enum, its numbers, its sentences and the list of all from one table.
macro_rules! statuses {
    ($($code:literal $name:ident $meaning:literal)*) => {
        /// What became of a request.
        #[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
        #[repr(i32)]
        pub enum Status {
            $(#[doc = $meaning] $name = $code,)*
        }

        impl Status {
            /// Every status in the order of the table.
            pub const ALL: &'static [Self] = &[$(Self::$name,)*];

            /// The status with this number, or none: numbers between 0 and 423 have gaps.
            #[must_use]
            pub fn from_code(code: i32) -> Option<Self> {
                match code {
                    $($code => Some(Self::$name),)*
                    _ => None,
                }
            }

            /// One sentence for people.
            #[must_use]
            pub fn meaning(self) -> &'static str {
                match self {
                    $(Self::$name => $meaning,)*
                }
            }
        }
    };
}

statuses! {
    -1 ActionFailed "An internal action failed; the log of the server says which."
    0 Done "The request was carried out."
    1 GeneralFailure "Something went wrong that has no code of its own."
    2 DatabaseFailure "The store refused or failed an operation."
    3 HandleInvalid "The request names a session or object that is not open."
    4 NotSet "No status has been set yet; a peer that shows it did not wait for the answer."
    5 ConnectionLost "The connection to a server broke."
    6 RequestVersion "The request is known, but not in the version or with the fields that were sent."
    7 UnknownRequest "The request is not known."
    8 SessionVersions "The two sides of the session share no protocol version."
    9 CancelledByUser "The person cancelled the document."
    10 PluginFailure "An extension failed."
    11 MoneyServerFailure "The money server failed."
    12 ServerBusy "The server has as much to do as it accepts; trying again later helps."
    14 NameInvalid "The name has a form that is not allowed."
    15 LogonOrPasswordWrong "The logon is not known or the password is wrong; which of both is not told."
    16 NoResponse "The person did not answer the question on the screen."
    17 DatabaseDown "The connection to the store is down."
    20 Received "A receive operation ended well."
    21 Sent "A send operation ended well."
    22 LostInTransfer "The connection broke while data was on its way."
    23 ConnectionNeverOpened "The connection was not opened, or it is of another kind than the request needs."
    24 ConnectionError "The connection is in an error state."
    25 CipherUnusable "The encryption that was asked for cannot be used here."
    26 CipherFailed "Encrypting or decrypting failed."
    27 DatagramTimeout "No datagram came in time."
    28 ConnectionTimeout "The peer took too long."
    31 ReplicationFailure "Copying data between servers failed."
    32 ReplicationSlow "Copying data between servers is slow or has stopped."
    45 JobLocked "The document is being printed elsewhere or may be printed only once."
    46 AccessDenied "The person may not use this object."
    47 NotUnique "Properties that must be unique are used by somebody else."
    48 RedirectFailed "Sending the session on to another server failed."
    49 Redirect "The session continues at another server."
    50 AccessViolation "Access was refused: a password, PIN or proof was wrong."
    51 AccountLocked "The person is locked out until somebody unlocks them."
    52 JobNotFound "The document is not there any more."
    53 NotLoggedIn "Nobody is logged in."
    54 UserNotFound "The person is not known."
    55 JobMarkedForDeletion "The document will be deleted as soon as its printing ends."
    56 CardUnknown "The card or ID code is not known."
    57 UserExists "The person exists already."
    58 LogonExists "The logon is used already."
    59 PukExists "The PUK code is used already."
    60 CardExists "The card or ID code is used already."
    61 DeviceLocked "Somebody is using the device; others have to wait."
    63 BillingIdInvalid "The billing code id is not valid."
    64 DistributionGroupExists "The distribution group exists already."
    65 DeviceTypeNotAllowed "The operation is not allowed on this type of device."
    66 DeviceIdInvalid "The device id is not valid."
    67 DeviceNoCopyControl "The device cannot control copy sessions."
    69 DeviceNoCopy "Copying is not allowed on this device."
    70 NameExists "The name is used already."
    71 ExportLabelExists "The export label is used already."
    72 HomeServerInvalid "The home server is not valid."
    73 AliasExists "The alias is used already."
    80 CreditsTooLow "The account does not hold enough."
    81 DeviceNotFound "The device is not known."
    82 ServerNotFound "The server is not known."
    83 ServerInUse "The server still has objects that are in use."
    84 PrimaryServerKept "The primary server cannot be deleted."
    85 MultiServerWindowsLogin "Several servers cannot share a store that authenticates by operating system accounts."
    86 ServerExists "The server exists already."
    90 DomainNotFound "The domain is not known."
    91 DomainExists "The domain exists already."
    92 DomainInUse "The domain still has objects that are in use."
    95 TooManyCards "The person has as many cards as allowed."
    101 FileNotFound "The file does not exist."
    102 FileOpenFailed "The file could not be opened."
    103 FileReadFailed "The file could not be read."
    104 FileWriteFailed "The file could not be written."
    105 FileReadUnfinished "The file was not read to its end."
    106 FileReadError "Reading the file met an error."
    107 DiskFull "There is no space left for documents."
    108 FileHandleInvalid "The file is not open."
    109 PathNotFound "The directory does not exist."
    110 FileExists "The file exists already."
    111 FileEmpty "The file is empty."
    112 FileDamaged "The file's content failed its check while it was read."
    113 RegistryReadError "A setting could not be read."
    -101 RegistryAccess "Access to the settings was refused."
    120 UnitNotFound "The organizational unit is not known."
    121 UnitExists "The organizational unit exists already."
    122 UnitParentInvalid "The parent of the organizational unit is not valid."
    123 UnitHasUnits "The organizational unit holds others."
    124 UnitHasUsers "The organizational unit holds people."
    125 UnitHasDevices "The organizational unit holds devices."
    126 UnitHasServers "The organizational unit holds servers."
    130 BillingNotFound "The billing code is not known."
    131 BillingExists "The billing code exists already."
    132 BillingDisabled "Billing is switched off."
    140 GroupNotFound "The group is not known."
    141 GroupExists "The group exists already."
    142 GroupPrintDisabled "Printing to groups is switched off."
    150 LicenseError "The licence check failed."
    152 LicenseEncryption "Encryption is not licensed."
    157 LicenseTracking "Tracking is not licensed."
    158 LicensePay "Paying is not licensed."
    159 LicenseExpired "The licence has run out."
    160 LicenseMissing "There is no licence."
    161 LicenseValid "The licence is valid."
    162 LicenseExpiredUse "The use is refused because the licence has run out."
    163 LicenseInvalid "The licence is not valid."
    165 LicenseUnverified "The licence could not be verified."
    170 LicenseLibrary170 "Internal code 170 of the licence check."
    171 LicenseLibrary171 "Internal code 171 of the licence check."
    172 LicenseLibrary172 "Internal code 172 of the licence check."
    173 LicenseLibrary173 "Internal code 173 of the licence check."
    174 LicenseLibrary174 "Internal code 174 of the licence check."
    175 LicenseLibrary175 "Internal code 175 of the licence check."
    176 LicenseLibrary176 "Internal code 176 of the licence check."
    177 LicenseLibrary177 "Internal code 177 of the licence check."
    178 LicenseLibrary178 "Internal code 178 of the licence check."
    179 LicenseLibrary179 "Internal code 179 of the licence check."
    180 LicenseLibrary180 "Internal code 180 of the licence check."
    186 LicenseDevices "More devices are in use than licensed."
    187 LicenseClient "The print client is not licensed."
    188 LicenseAdministrator "The administration client is not licensed."
    189 LicenseMultiServer "Several servers are not licensed."
    191 LicenseBilling "Billing is not licensed."
    192 LicenseEpay "Paying by electronic payment is not licensed."
    193 LicenseRules "Rule-based printing is not licensed."
    194 LicensePull "Pull printing is not licensed."
    195 LicenseIdDevice "The ID device is not licensed."
    196 LicenseScan "Scanning is not licensed."
    200 CannotConnect "No connection to the address and port could be made."
    201 SocketInvalid "The socket is not open."
    202 MemoryInvalid "An internal memory handle is not valid."
    203 TransferError "What was received could not be understood, or sending failed."
    204 ExportFailed "The data could not be exported."
    205 FieldNotFound "A data field is missing."
    206 ResultTooBig "What was sent or asked for is larger than allowed."
    220 AccountNotFound "The account is not known."
    221 DefaultError "An error without a code of its own in the money server."
    222 MoneyDatabaseFailure "The store of the money server failed."
    223 NothingToExport "There is no data to export."
    224 ReservationFailed "The amount could not be reserved."
    225 NotPayUser "The person does not pay for printing."
    230 ScheduleNotFound "The schedule is not known."
    240 SchemeNotFound "The charging scheme is not known."
    250 RuleNotFound "The print rule is not known."
    260 BopcNotFound "The billing object is not known."
    261 BopcExists "The billing object exists already."
    270 BranchNotFound "The branch is not known."
    271 BranchExists "The branch exists already."
    280 ConfigurationNotFound "The configuration is not known."
    281 ConfigurationExists "The configuration exists already."
    282 ConfigurationTooLarge "The configuration is larger than allowed."
    290 DatabaseVersion "The store has a version that this program cannot use."
    300 SecondaryConnection "The connection to another server of the group is in error."
    301 SecondaryLogin "Logging in to another server of the group failed."
    310 TooManyDelegates "The person has as many delegates as allowed."
    311 DelegateExists "The two people are delegates already."
    312 DelegateNotFound "The delegate relation is not known."
    313 DelegatesDisabled "Delegates are switched off on the primary server."
    314 DelegateEndsEarly "The delegate relation would end before it starts."
    320 DeviceGroupExists "The name of the device server group is used already."
    321 DeviceGroupNotFound "The device server group is not known."
    323 DeviceGroupInUse "The device server group is not empty."
    400 XpsFailure "Printing an XPS document failed."
    401 XpsNoJob "The job for an XPS document could not be made."
    402 XpsWriteFailed "Data could not be written to the XPS print service."
    403 XpsCommitFailed "The XPS document could not be handed over for printing."
    410 XpsNeedsHighSpeed "XPS documents need direct printing to the device."
    420 XpsRegisterFailed "The device could not be made known to the XPS print service."
    421 XpsUnregisterFailed "The device could not be removed from the XPS print service."
    422 NoDriver "There is no driver for the device."
    423 DeviceUnavailable "The device cannot be reached or does not print now."
    9999 Restart "The other side is restarting; connecting again helps."
}

impl Status {
    /// The number on the wire.
    #[must_use]
    pub const fn code(self) -> i32 {
        self as i32
    }

    /// The status with this number; one that this side does not know counts as a general failure.
    #[must_use]
    pub fn from_peer(code: i32) -> Self {
        Self::from_code(code).unwrap_or(Self::GeneralFailure)
    }

    /// True for [`Status::Done`].
    #[must_use]
    pub fn is_done(self) -> bool {
        self == Self::Done
    }
}

impl std::fmt::Display for Status {
    /// The sentence and the number, as people see it on a panel or a terminal.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} ({})", self.meaning(), self.code())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_unique_and_lead_back() {
        for status in Status::ALL {
            assert_eq!(Status::from_code(status.code()), Some(*status));
        }
        assert_eq!(Status::from_code(13), None);
        assert_eq!(Status::from_peer(13), Status::GeneralFailure);
    }

    #[test]
    fn every_meaning_is_one_sentence_of_its_own() {
        let mut seen = std::collections::BTreeSet::new();
        for status in Status::ALL {
            let meaning = status.meaning();
            assert!(meaning.ends_with('.') && !meaning.contains(". "), "{meaning}");
            assert!(seen.insert(meaning), "said twice: {meaning}");
        }
    }
}
