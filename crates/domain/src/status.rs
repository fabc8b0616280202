//! The status codes of the guide's table ("SafeCom Server error codes") that the rules answer with.

/// A code of the guide's table. Every code and its meaning is in docs/PROTOCOL.md.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub struct Status(pub i32);

macro_rules! statuses {
    ($($(#[$doc:meta])* $name:ident = $code:literal;)*) => {
        impl Status {
            $($(#[$doc])* pub const $name: Self = Self($code);)*
        }
    };
}

statuses! {
    /// Action completed successfully.
    OK = 0;
    /// General failure.
    GENERAL_FAILURE = 1;
    /// Handle is not valid: a session or object is not open.
    NOT_OPEN = 3;
    /// A connection was lost.
    CONNECTION_LOST = 5;
    /// Invalid version of a request, or of its fields.
    REQUEST_INVALID = 6;
    /// User cancelled.
    CANCELLED_BY_USER = 9;
    /// General money server failure.
    MONEY_SERVER_FAILURE = 11;
    /// Server is busy.
    BUSY = 12;
    /// Name is not valid.
    NAME_INVALID = 14;
    /// Unknown user name or bad password.
    UNKNOWN_USER_OR_PASSWORD = 15;
    /// User did not respond to dialog: here, a PIN is needed and none was given.
    PIN_NEEDED = 16;
    /// Database connection down or in error.
    DATABASE_DOWN = 17;
    /// Connection lost during transfer.
    LOST_IN_TRANSFER = 22;
    /// Invalid encryption.
    ENCRYPTION_UNUSABLE = 25;
    /// Job is locked.
    JOB_LOCKED = 45;
    /// User is not allowed access to object.
    ACCESS_DENIED = 46;
    /// General access violation, bad password and the like.
    ACCESS_VIOLATION = 50;
    /// Account is locked.
    ACCOUNT_LOCKED = 51;
    /// Job could not be found.
    JOB_NOT_FOUND = 52;
    /// User is not logged in.
    NOT_LOGGED_IN = 53;
    /// Specified user could not be found.
    USER_NOT_FOUND = 54;
    /// Job marked for deletion; deleted when released.
    JOB_MARKED_FOR_DELETION = 55;
    /// Card number does not exist.
    CARD_UNKNOWN = 56;
    /// User logon already exists.
    LOGON_EXISTS = 58;
    /// PUK code already exists.
    PUK_EXISTS = 59;
    /// Card number already exists.
    CARD_EXISTS = 60;
    /// Device type is not allowed operation.
    OPERATION_NOT_ALLOWED = 65;
    /// Specified name already exists.
    NAME_EXISTS = 70;
    /// Alias already exists.
    ALIAS_EXISTS = 73;
    /// Credits too low.
    CREDITS_TOO_LOW = 80;
    /// Device could not be found.
    DEVICE_NOT_FOUND = 81;
    /// Domain could not be found.
    DOMAIN_NOT_FOUND = 90;
    /// Domain already exists.
    DOMAIN_EXISTS = 91;
    /// Domain is in use.
    DOMAIN_IN_USE = 92;
    /// User has too many cards.
    TOO_MANY_CARDS = 95;
    /// File not found.
    FILE_NOT_FOUND = 101;
    /// Could not read file.
    FILE_UNREADABLE = 103;
    /// Could not write to file.
    FILE_UNWRITABLE = 104;
    /// No more disk space.
    DISK_FULL = 107;
    /// File is empty.
    FILE_EMPTY = 111;
    /// Organizational unit could not be found.
    UNIT_NOT_FOUND = 120;
    /// Organizational unit already exists.
    UNIT_EXISTS = 121;
    /// Parent of the organizational unit is not valid.
    UNIT_PARENT_INVALID = 122;
    /// Organizational unit holds others.
    UNIT_HAS_UNITS = 123;
    /// Organizational unit holds people.
    UNIT_HAS_USERS = 124;
    /// Organizational unit holds devices.
    UNIT_HAS_DEVICES = 125;
    /// Organizational unit holds servers.
    UNIT_HAS_SERVERS = 126;
    /// Group could not be found.
    GROUP_NOT_FOUND = 140;
    /// Group already exists.
    GROUP_EXISTS = 141;
    /// Group print is not allowed.
    GROUP_PRINT_DISABLED = 142;
    /// License violation, Pay.
    LICENSE_PAY = 158;
    /// Cannot connect to specified address and port.
    CANNOT_CONNECT = 200;
    /// An error occurred while transmitting or receiving.
    TRANSFER_FAILED = 203;
    /// Cannot find user account.
    ACCOUNT_NOT_FOUND = 220;
    /// Reservation failure.
    RESERVATION_FAILED = 224;
    /// Schedule could not be found.
    SCHEDULE_NOT_FOUND = 230;
    /// Too many delegates.
    TOO_MANY_DELEGATES = 310;
    /// Delegate already exists.
    DELEGATE_EXISTS = 311;
    /// Delegate could not be found.
    DELEGATE_NOT_FOUND = 312;
    /// Delegates are not allowed.
    DELEGATES_DISABLED = 313;
    /// Delegate would end before it starts.
    DELEGATE_ENDS_EARLY = 314;
    /// There is no driver for the device.
    DRIVER_MISSING = 422;
    /// Device is not available.
    DEVICE_UNAVAILABLE = 423;
}
