//! The objects of PostScript (PLRM 3.3): small values, composite ones live in the virtual memory.

use std::fmt;

/// An interned name.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub(super) struct Name(pub(super) u32);

/// A dictionary in the virtual memory.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub(super) struct DictId(pub(super) u32);

/// An open file.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub(super) struct FileId(pub(super) u32);

/// An operator, by its place in the table of operators.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub(super) struct OperatorId(pub(super) u16);

/// A stretch of an array or string in the virtual memory.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub(super) struct Span {
    /// Which array or string.
    pub(super) id: u32,
    /// The first element.
    pub(super) start: u32,
    /// How many elements.
    pub(super) len: u32,
}

/// The attributes of a composite object.
#[derive(Clone, Copy, Debug, Default, Eq, Hash, PartialEq)]
pub(super) struct Attributes {
    bits: u8,
}

/// What may be done with an object.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub(super) enum Access {
    Unlimited,
    ReadOnly,
    ExecuteOnly,
    None,
}

impl Attributes {
    /// Executable or literal, unlimited access.
    pub(super) fn new(executable: bool) -> Self {
        Self { bits: u8::from(executable) }
    }

    /// Whether the object is executable.
    pub(super) fn is_executable(self) -> bool {
        self.bits & 1 != 0
    }

    /// The same access, executable or not.
    pub(super) fn with_executable(self, executable: bool) -> Self {
        Self { bits: self.bits & !1 | u8::from(executable) }
    }

    /// What may be done with it.
    pub(super) fn access(self) -> Access {
        match self.bits >> 1 {
            0 => Access::Unlimited,
            1 => Access::ReadOnly,
            2 => Access::ExecuteOnly,
            _ => Access::None,
        }
    }

    /// The same, with less access.
    pub(super) fn with_access(self, access: Access) -> Self {
        Self { bits: self.bits & 1 | (access as u8) << 1 }
    }
}

/// One object; 16 bytes.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) enum Object {
    #[default]
    Null,
    Mark,
    Bool(bool),
    Int(i64),
    Real(f32),
    Name(Attributes, Name),
    Operator(OperatorId),
    String(Attributes, Span),
    Array(Attributes, Span),
    Dict(DictId),
    File(Attributes, FileId),
    /// The result of `save`: its serial number.
    Save(u32),
    /// A stored graphics state.
    GState(u32),
    /// A font's `FID`.
    FontId(u32),
}

const _: () = assert!(size_of::<Object>() == 16);

impl Object {
    /// A literal name.
    pub(super) fn name(name: Name) -> Self {
        Self::Name(Attributes::new(false), name)
    }

    /// Whether it is executed rather than pushed.
    pub(super) fn is_executable(&self) -> bool {
        match self {
            Self::Name(attributes, _)
            | Self::String(attributes, _)
            | Self::Array(attributes, _)
            | Self::File(attributes, _) => attributes.is_executable(),
            Self::Operator(_) => true,
            Self::Null | Self::Mark | Self::Bool(_) | Self::Int(_) | Self::Real(_) => false,
            Self::Dict(_) | Self::Save(_) | Self::GState(_) | Self::FontId(_) => false,
        }
    }

    /// Whether it is a procedure.
    pub(super) fn is_procedure(&self) -> bool {
        matches!(self, Self::Array(attributes, _) if attributes.is_executable())
    }

    /// The object as executable or literal; simple objects are both.
    pub(super) fn with_executable(self, executable: bool) -> Self {
        match self {
            Self::Name(attributes, name) => Self::Name(attributes.with_executable(executable), name),
            Self::String(attributes, span) => Self::String(attributes.with_executable(executable), span),
            Self::Array(attributes, span) => Self::Array(attributes.with_executable(executable), span),
            Self::File(attributes, file) => Self::File(attributes.with_executable(executable), file),
            other => other,
        }
    }

    /// A number.
    pub(super) fn as_number(&self) -> Option<f64> {
        match self {
            Self::Int(value) => Some(*value as f64),
            Self::Real(value) => Some(f64::from(*value)),
            _ => None,
        }
    }

    /// The name of the type, as `type` answers.
    pub(super) fn type_name(&self) -> &'static str {
        match self {
            Self::Null => "nulltype",
            Self::Mark => "marktype",
            Self::Bool(_) => "booleantype",
            Self::Int(_) => "integertype",
            Self::Real(_) => "realtype",
            Self::Name(..) => "nametype",
            Self::Operator(_) => "operatortype",
            Self::String(..) => "stringtype",
            Self::Array(..) => "arraytype",
            Self::Dict(_) => "dicttype",
            Self::File(..) => "filetype",
            Self::Save(_) => "savetype",
            Self::GState(_) => "gstatetype",
            Self::FontId(_) => "fonttype",
        }
    }
}

/// A PostScript error (PLRM 8.2, the entries after the operators).
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum ErrorName {
    DictFull,
    DictStackOverflow,
    DictStackUnderflow,
    ExecStackOverflow,
    InvalidAccess,
    InvalidExit,
    InvalidFileAccess,
    InvalidFont,
    InvalidRestore,
    IoError,
    LimitCheck,
    NoCurrentPoint,
    RangeCheck,
    StackOverflow,
    StackUnderflow,
    SyntaxError,
    TypeCheck,
    Undefined,
    UndefinedFileName,
    UndefinedResource,
    UndefinedResult,
    UnmatchedMark,
    UnregisteredError,
    VmError,
    ConfigurationError,
}

impl ErrorName {
    /// As programs see it.
    pub(super) fn as_str(self) -> &'static str {
        match self {
            Self::DictFull => "dictfull",
            Self::DictStackOverflow => "dictstackoverflow",
            Self::DictStackUnderflow => "dictstackunderflow",
            Self::ExecStackOverflow => "execstackoverflow",
            Self::InvalidAccess => "invalidaccess",
            Self::InvalidExit => "invalidexit",
            Self::InvalidFileAccess => "invalidfileaccess",
            Self::InvalidFont => "invalidfont",
            Self::InvalidRestore => "invalidrestore",
            Self::IoError => "ioerror",
            Self::LimitCheck => "limitcheck",
            Self::NoCurrentPoint => "nocurrentpoint",
            Self::RangeCheck => "rangecheck",
            Self::StackOverflow => "stackoverflow",
            Self::StackUnderflow => "stackunderflow",
            Self::SyntaxError => "syntaxerror",
            Self::TypeCheck => "typecheck",
            Self::Undefined => "undefined",
            Self::UndefinedFileName => "undefinedfilename",
            Self::UndefinedResource => "undefinedresource",
            Self::UndefinedResult => "undefinedresult",
            Self::UnmatchedMark => "unmatchedmark",
            Self::UnregisteredError => "unregistered",
            Self::VmError => "VMerror",
            Self::ConfigurationError => "configurationerror",
        }
    }

    /// All of them: the entries of `errordict`.
    pub(super) const ALL: [Self; 25] = [
        Self::DictFull,
        Self::DictStackOverflow,
        Self::DictStackUnderflow,
        Self::ExecStackOverflow,
        Self::InvalidAccess,
        Self::InvalidExit,
        Self::InvalidFileAccess,
        Self::InvalidFont,
        Self::InvalidRestore,
        Self::IoError,
        Self::LimitCheck,
        Self::NoCurrentPoint,
        Self::RangeCheck,
        Self::StackOverflow,
        Self::StackUnderflow,
        Self::SyntaxError,
        Self::TypeCheck,
        Self::Undefined,
        Self::UndefinedFileName,
        Self::UndefinedResource,
        Self::UndefinedResult,
        Self::UnmatchedMark,
        Self::UnregisteredError,
        Self::VmError,
        Self::ConfigurationError,
    ];
}

impl fmt::Display for ErrorName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// Why an operator could not do its work.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Fault {
    /// The program is wrong: the error machinery takes over.
    Error(ErrorName),
    /// The bytes of the job so far are used up; the same step is taken again when there are more.
    NeedInput,
    /// A filter reads from a procedure, which must be run first; its string goes into the file.
    CallSource { procedure: Object, given: FileId },
    /// `stop` was executed.
    Stop,
    /// The job is over: `quit`.
    Quit,
    /// A named limit of this interpreter was reached: what it is.
    Limit(&'static str),
}

impl From<ErrorName> for Fault {
    fn from(name: ErrorName) -> Self {
        Self::Error(name)
    }
}

/// What operators return.
pub(super) type Done = Result<(), Fault>;
