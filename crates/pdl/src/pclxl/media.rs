//! Page sizes (Feature Reference, enumeration "MediaSize"; numbers over 200 from Ricoh's drivers).

use super::token::attribute;
use super::values::Attributes;
use crate::media::Paper;

const SIZES: &[(i64, &str)] = &[
    (0, "na_letter_8.5x11in"),
    (1, "na_legal_8.5x14in"),
    (2, "iso_a4_210x297mm"),
    (3, "na_executive_7.25x10.5in"),
    (4, "na_ledger_11x17in"),
    (5, "iso_a3_297x420mm"),
    (6, "na_number-10_4.125x9.5in"),
    (7, "na_monarch_3.875x7.5in"),
    (8, "iso_c5_162x229mm"),
    (9, "iso_dl_110x220mm"),
    (10, "jis_b4_257x364mm"),
    (11, "jis_b5_182x257mm"),
    (12, "iso_b5_176x250mm"),
    (13, "jis_b5_182x257mm"),
    (14, "jpn_hagaki_100x148mm"),
    (15, "jpn_oufuku_148x200mm"),
    (16, "iso_a5_148x210mm"),
    (17, "iso_a6_105x148mm"),
    (18, "jis_b6_128x182mm"),
    (19, "om_8k_270x390mm"),
    (20, "om_16k_195x270mm"),
    (21, "jis_exec_216x330mm"),
    (201, "jis_b6_128x182mm"),
    (202, "iso_c6_114x162mm"),
    (203, "om_8k_270x390mm"),
    (204, "om_16k_195x270mm"),
    (205, "na_arch-b_12x18in"),
    (213, "na_super-b_13x19in"),
    (217, "iso_sra3_320x450mm"),
    (218, "iso_sra4_225x320mm"),
    (224, "na_10x14_10x14in"),
];

/// `eDefaultPaperSize`: what the job header or the printer says.
const DEFAULT: i64 = 96;

/// What `BeginPage` says about its paper.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Media {
    /// Nothing: the one before.
    Same,
    /// The default.
    Default,
    /// This one.
    Paper(Paper),
}

/// The paper of a `BeginPage`.
pub(super) fn of_page(attributes: &Attributes) -> Media {
    if let Some(size) = attributes.int(attribute::MEDIA_SIZE) {
        return match SIZES.iter().find(|(known, _)| *known == size) {
            Some((_, name)) => Paper::from_pwg_name(name).map_or(Media::Default, Media::Paper),
            None if size == DEFAULT => Media::Default,
            None => Media::Default,
        };
    }
    if let Some((_, name)) = attributes.array(attribute::MEDIA_SIZE) {
        return match by_name(&String::from_utf8_lossy(name)) {
            Some(paper) => Media::Paper(paper),
            None => Media::Default,
        };
    }
    if let Some([width, height, ..]) = attributes.numbers_of(attribute::CUSTOM_MEDIA_SIZE) {
        let millimetres = match attributes.int(attribute::CUSTOM_MEDIA_SIZE_UNITS) {
            Some(1) => 1.0,
            Some(2) => 0.1,
            _ => 25.4,
        };
        return match Paper::from_millimetres(width * millimetres, height * millimetres) {
            Some(paper) => Media::Paper(paper),
            None => Media::Same,
        };
    }
    Media::Same
}

/// Names are those of the PJL variable PAPER; `B5` there is the ISO envelope.
fn by_name(name: &str) -> Option<Paper> {
    let name = name.trim_end_matches('\0');
    match name.to_ascii_uppercase().as_str() {
        "B5" => Paper::from_pwg_name("iso_b5_176x250mm"),
        "B5PAPER" => Paper::from_pwg_name("jis_b5_182x257mm"),
        _ => Paper::from_common_name(name),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_size_has_a_paper() {
        for (_, name) in SIZES {
            assert!(Paper::from_pwg_name(name).is_some(), "{name}");
        }
        assert_eq!(by_name("LETTER").map(|paper| paper.name()).as_deref(), Some("na_letter_8.5x11in"));
        assert_eq!(by_name("B5").map(|paper| paper.name()).as_deref(), Some("iso_b5_176x250mm"));
    }
}
