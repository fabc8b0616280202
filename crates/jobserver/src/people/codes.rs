//! Card numbers and ID codes: through the filter of the settings, hashed to be found, sealed to be shown.

use domain::people::card_number::Filter;
use domain::people::id_code::{Pattern, RANDOM_LEN};
use domain::secret::{CardCode, Puk};

use crate::keys::random;
use crate::state::State;

/// Ties a sealed card code to its place.
const CARD_CODE: &str = "card-code";
/// Ties a sealed PUK to its place.
const PUK: &str = "puk";

impl State {
    /// What a card or code is found by.
    pub(crate) fn card_hash(&self, code: &CardCode) -> Vec<u8> {
        self.keys.card_hash(&self.card_filtered(code))
    }

    /// A card or code as it is stored.
    pub(crate) fn card_seal(&self, code: &CardCode) -> Vec<u8> {
        self.keys.seal(CARD_CODE, self.card_filtered(code).expose().as_bytes())
    }

    /// A stored card or code; `None` when it was sealed by other keys.
    pub(crate) fn card_unseal(&self, sealed: &[u8]) -> Option<CardCode> {
        let code = self.keys.unseal(CARD_CODE, sealed)?;
        CardCode::parse(std::str::from_utf8(&code).ok()?).ok()
    }

    fn card_filtered(&self, code: &CardCode) -> CardCode {
        match self.settings().card_filter() {
            "" => code.clone(),
            filter => Filter::parse(filter).unwrap_or_default().apply(code),
        }
    }

    /// What a PUK is found by, and as it is stored.
    pub(crate) fn puk_hash_and_seal(&self, puk: &Puk) -> (Vec<u8>, Vec<u8>) {
        (self.keys.puk_hash(puk), self.keys.seal(PUK, puk.expose().as_bytes()))
    }

    /// A stored PUK; `None` when it was sealed by other keys.
    pub(crate) fn puk_unseal(&self, sealed: &[u8]) -> Option<Puk> {
        let puk = self.keys.unseal(PUK, sealed)?;
        Puk::parse(std::str::from_utf8(&puk).ok()?).ok()
    }

    /// A new ID code by the pattern of the settings.
    pub(crate) fn card_generated(&self) -> CardCode {
        let pattern =
            Pattern::parse(self.settings().code_pattern()).expect("settings are checked before they hold");
        let mut numbers = [0; RANDOM_LEN];
        let bytes: [u8; RANDOM_LEN * 4] = random();
        for (number, bytes) in numbers.iter_mut().zip(bytes.as_chunks::<4>().0) {
            *number = u32::from_le_bytes(*bytes);
        }
        pattern.code(&numbers)
    }
}
