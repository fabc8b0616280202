//! Operation ids, status codes and enums, with the names the standards give them.

/// Defines an enum of registered codes with the standard's name for each.
macro_rules! codes {
    ($(#[$doc:meta])* $name:ident: $repr:ty { $($variant:ident = $code:literal, $text:literal;)* }) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
        #[repr($repr)]
        pub enum $name {
            $(#[doc = concat!("`", $text, "`")] $variant = $code,)*
        }

        impl $name {
            /// Every value known here, in the order of the codes.
            pub const ALL: &[Self] = &[$(Self::$variant,)*];

            /// The value registered for `code`; `None` when it is not known here.
            #[must_use]
            pub const fn from_code(code: $repr) -> Option<Self> {
                match code { $($code => Some(Self::$variant),)* _ => None }
            }

            /// The number that travels.
            #[must_use]
            pub const fn code(self) -> $repr { self as $repr }

            /// The name in the standard.
            #[must_use]
            pub const fn name(self) -> &'static str {
                match self { $(Self::$variant => $text,)* }
            }
        }
    };
}

codes! {
    /// operation-id (RFC 8011, section 5.4.15; PWG 5100.7, 5100.11, 5100.13).
    Operation: u16 {
        PrintJob = 0x0002, "Print-Job";
        PrintUri = 0x0003, "Print-URI";
        ValidateJob = 0x0004, "Validate-Job";
        CreateJob = 0x0005, "Create-Job";
        SendDocument = 0x0006, "Send-Document";
        SendUri = 0x0007, "Send-URI";
        CancelJob = 0x0008, "Cancel-Job";
        GetJobAttributes = 0x0009, "Get-Job-Attributes";
        GetJobs = 0x000a, "Get-Jobs";
        GetPrinterAttributes = 0x000b, "Get-Printer-Attributes";
        HoldJob = 0x000c, "Hold-Job";
        ReleaseJob = 0x000d, "Release-Job";
        RestartJob = 0x000e, "Restart-Job";
        PausePrinter = 0x0010, "Pause-Printer";
        ResumePrinter = 0x0011, "Resume-Printer";
        PurgeJobs = 0x0012, "Purge-Jobs";
        SetPrinterAttributes = 0x0013, "Set-Printer-Attributes";
        SetJobAttributes = 0x0014, "Set-Job-Attributes";
        GetPrinterSupportedValues = 0x0015, "Get-Printer-Supported-Values";
        CreatePrinterSubscriptions = 0x0016, "Create-Printer-Subscriptions";
        CreateJobSubscriptions = 0x0017, "Create-Job-Subscriptions";
        GetSubscriptionAttributes = 0x0018, "Get-Subscription-Attributes";
        GetSubscriptions = 0x0019, "Get-Subscriptions";
        RenewSubscription = 0x001a, "Renew-Subscription";
        CancelSubscription = 0x001b, "Cancel-Subscription";
        GetNotifications = 0x001c, "Get-Notifications";
        EnablePrinter = 0x0022, "Enable-Printer";
        DisablePrinter = 0x0023, "Disable-Printer";
        PausePrinterAfterCurrentJob = 0x0024, "Pause-Printer-After-Current-Job";
        HoldNewJobs = 0x0025, "Hold-New-Jobs";
        ReleaseHeldNewJobs = 0x0026, "Release-Held-New-Jobs";
        CancelCurrentJob = 0x002d, "Cancel-Current-Job";
        CancelJobs = 0x0038, "Cancel-Jobs";
        CancelMyJobs = 0x0039, "Cancel-My-Jobs";
        CloseJob = 0x003b, "Close-Job";
        IdentifyPrinter = 0x003c, "Identify-Printer";
        CupsGetDefault = 0x4001, "CUPS-Get-Default";
        CupsGetPrinters = 0x4002, "CUPS-Get-Printers";
    }
}

codes! {
    /// status-code (RFC 8011, appendix B).
    Status: u16 {
        Ok = 0x0000, "successful-ok";
        OkIgnoredOrSubstitutedAttributes = 0x0001, "successful-ok-ignored-or-substituted-attributes";
        OkConflictingAttributes = 0x0002, "successful-ok-conflicting-attributes";
        BadRequest = 0x0400, "client-error-bad-request";
        Forbidden = 0x0401, "client-error-forbidden";
        NotAuthenticated = 0x0402, "client-error-not-authenticated";
        NotAuthorized = 0x0403, "client-error-not-authorized";
        NotPossible = 0x0404, "client-error-not-possible";
        Timeout = 0x0405, "client-error-timeout";
        NotFound = 0x0406, "client-error-not-found";
        Gone = 0x0407, "client-error-gone";
        RequestEntityTooLarge = 0x0408, "client-error-request-entity-too-large";
        RequestValueTooLong = 0x0409, "client-error-request-value-too-long";
        DocumentFormatNotSupported = 0x040a, "client-error-document-format-not-supported";
        AttributesOrValuesNotSupported = 0x040b, "client-error-attributes-or-values-not-supported";
        UriSchemeNotSupported = 0x040c, "client-error-uri-scheme-not-supported";
        CharsetNotSupported = 0x040d, "client-error-charset-not-supported";
        ConflictingAttributes = 0x040e, "client-error-conflicting-attributes";
        CompressionNotSupported = 0x040f, "client-error-compression-not-supported";
        CompressionError = 0x0410, "client-error-compression-error";
        DocumentFormatError = 0x0411, "client-error-document-format-error";
        DocumentAccessError = 0x0412, "client-error-document-access-error";
        AttributesNotSettable = 0x0413, "client-error-attributes-not-settable";
        AccountAuthorizationFailed = 0x041c, "client-error-account-authorization-failed";
        InternalError = 0x0500, "server-error-internal-error";
        OperationNotSupported = 0x0501, "server-error-operation-not-supported";
        ServiceUnavailable = 0x0502, "server-error-service-unavailable";
        VersionNotSupported = 0x0503, "server-error-version-not-supported";
        DeviceError = 0x0504, "server-error-device-error";
        TemporaryError = 0x0505, "server-error-temporary-error";
        NotAcceptingJobs = 0x0506, "server-error-not-accepting-jobs";
        Busy = 0x0507, "server-error-busy";
        JobCanceled = 0x0508, "server-error-job-canceled";
        MultipleDocumentJobsNotSupported = 0x0509, "server-error-multiple-document-jobs-not-supported";
        PrinterIsDeactivated = 0x050a, "server-error-printer-is-deactivated";
        TooManyJobs = 0x050b, "server-error-too-many-jobs";
        TooManyDocuments = 0x050c, "server-error-too-many-documents";
    }
}

codes! {
    /// job-state (RFC 8011, section 5.3.7).
    JobState: i32 {
        Pending = 3, "pending";
        PendingHeld = 4, "pending-held";
        Processing = 5, "processing";
        ProcessingStopped = 6, "processing-stopped";
        Canceled = 7, "canceled";
        Aborted = 8, "aborted";
        Completed = 9, "completed";
    }
}

codes! {
    /// printer-state (RFC 8011, section 5.4.11).
    PrinterState: i32 {
        Idle = 3, "idle";
        Processing = 4, "processing";
        Stopped = 5, "stopped";
    }
}

impl Status {
    /// Whether `code` is in the successful range 0x0000-0x00ff, registered or not.
    #[must_use]
    pub const fn is_success(code: u16) -> bool {
        code <= 0x00ff
    }
}

impl JobState {
    /// Whether the job has ended: canceled, aborted or completed.
    #[must_use]
    pub const fn is_terminal(self) -> bool {
        match self {
            Self::Pending | Self::PendingHeld | Self::Processing | Self::ProcessingStopped => false,
            Self::Canceled | Self::Aborted | Self::Completed => true,
        }
    }
}
