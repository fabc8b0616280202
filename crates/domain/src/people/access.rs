//! The access-rights mask (guide, "Settings" of a user): which functions of a device a person may use.

/// A function of a device that can be denied.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Function {
    /// Copying.
    Copy,
    /// Copying in colour.
    CopyColor,
    /// Scanning to e-mail.
    Email,
    /// Scanning.
    Scan,
    /// Fax.
    Fax,
    /// Scanning to a flash memory.
    UsbScan,
    /// Printing from a flash memory; priced as copying.
    UsbPrint,
    /// The button that prints everything.
    PrintAll,
}

impl Function {
    /// Every function, in the order of its bit. The guide publishes the meaning of a bit's value, not which bit is
    /// which; ours are in the order of its list.
    pub const ALL: [Self; 8] = [
        Self::Copy,
        Self::CopyColor,
        Self::Email,
        Self::Scan,
        Self::Fax,
        Self::UsbScan,
        Self::UsbPrint,
        Self::PrintAll,
    ];

    /// The word for commands and JSON.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Copy => "copy",
            Self::CopyColor => "copy-color",
            Self::Email => "email",
            Self::Scan => "scan",
            Self::Fax => "fax",
            Self::UsbScan => "usb-scan",
            Self::UsbPrint => "usb-print",
            Self::PrintAll => "print-all",
        }
    }

    /// Reads what [`Function::as_str`] writes.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|function| function.as_str() == text)
    }

    fn bit(self) -> u32 {
        1 << Self::ALL.iter().position(|&function| function == self).expect("ALL has every function")
    }
}

/// 32 bits; a bit that is *set* denies. 0 allows everything, which is what people get.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct Access(pub u32);

impl Access {
    /// Everything is allowed.
    pub const ALL: Self = Self(0);

    /// Whether the person may use the function.
    pub fn allows(self, function: Function) -> bool {
        self.0 & function.bit() == 0
    }

    /// The mask that denies the function, too.
    #[must_use]
    pub fn deny(self, function: Function) -> Self {
        Self(self.0 | function.bit())
    }

    /// Words of what is denied, in the order of the bits.
    pub fn denied(self) -> Vec<&'static str> {
        Function::ALL.into_iter().filter(|&function| !self.allows(function)).map(Function::as_str).collect()
    }

    /// Reads words parted by commas, `none` for nothing denied, or the mask as a number.
    ///
    /// # Errors
    /// The word that is no function.
    pub fn parse(text: &str) -> Result<Self, String> {
        let text = text.trim();
        if text.is_empty() || text == "none" {
            return Ok(Self::ALL);
        }
        if let Ok(mask) = text.parse() {
            return Ok(Self(mask));
        }
        text.split(',').try_fold(Self::ALL, |mask, word| {
            let function = Function::parse(word.trim()).ok_or_else(|| word.trim().to_owned())?;
            Ok(mask.deny(function))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rel_8_a_set_bit_denies_its_function() {
        assert!(Function::ALL.into_iter().all(|function| Access::ALL.allows(function)));
        for (index, function) in Function::ALL.into_iter().enumerate() {
            let mask = Access(1 << index);
            assert!(!mask.allows(function));
            assert_eq!(mask.denied(), [function.as_str()]);
            assert_eq!(Access::parse(function.as_str()), Ok(mask));
        }
        let rows = [
            ("", Ok(Access(0))),
            ("none", Ok(Access(0))),
            ("5", Ok(Access(5))),
            ("copy, email", Ok(Access(5))),
            ("4294967295", Ok(Access(u32::MAX))),
            ("4294967296", Err("4294967296".to_owned())),
            ("copy,teleport", Err("teleport".to_owned())),
        ];
        for (text, expected) in rows {
            assert_eq!(Access::parse(text), expected, "{text}");
        }
    }
}
