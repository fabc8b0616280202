//! Page sizes by their codes.

use crate::media::Paper;

/// `ESC & l # A` (PCL 5 Comparison Guide, "Page size"; codes of newer printers from HP's and other makers'
/// driver descriptions).
const SIZES: &[(u64, &str)] = &[
    (1, "na_executive_7.25x10.5in"),
    (2, "na_letter_8.5x11in"),
    (3, "na_legal_8.5x14in"),
    (5, "na_invoice_5.5x8.5in"),
    (6, "na_ledger_11x17in"),
    (9, "na_oficio_8.5x13.4in"),
    (10, "na_foolscap_8.5x13in"),
    (12, "jis_b5_182x257mm"),
    (13, "jis_b4_257x364mm"),
    (15, "na_invoice_5.5x8.5in"),
    (16, "na_super-b_13x19in"),
    (17, "om_16k_195x270mm"),
    (18, "jis_exec_216x330mm"),
    (19, "roc_16k_7.75x10.75in"),
    (24, "iso_a6_105x148mm"),
    (25, "iso_a5_148x210mm"),
    (26, "iso_a4_210x297mm"),
    (27, "iso_a3_297x420mm"),
    (28, "iso_a2_420x594mm"),
    (29, "iso_a1_594x841mm"),
    (30, "iso_a0_841x1189mm"),
    (44, "jis_b6_128x182mm"),
    (45, "jis_b5_182x257mm"),
    (46, "jis_b4_257x364mm"),
    (47, "jis_b3_364x515mm"),
    (71, "jpn_hagaki_100x148mm"),
    (72, "jpn_oufuku_148x200mm"),
    (73, "iso_a6_105x148mm"),
    (74, "na_index-4x6_4x6in"),
    (75, "na_index-5x8_5x8in"),
    (78, "na_index-3x5_3x5in"),
    (80, "na_monarch_3.875x7.5in"),
    (81, "na_number-10_4.125x9.5in"),
    (89, "na_number-9_3.875x8.875in"),
    (90, "iso_dl_110x220mm"),
    (91, "iso_c5_162x229mm"),
    (92, "iso_c6_114x162mm"),
    (99, "na_number-9_3.875x8.875in"),
    (100, "iso_b5_176x250mm"),
    (110, "jpn_chou3_120x235mm"),
    (111, "jpn_chou4_90x205mm"),
    (113, "jpn_kaku2_240x332mm"),
    (1027, "iso_sra3_320x450mm"),
];

/// The code that stands for the size set with `ESC & f # I` and `ESC & f # J`.
pub(super) const CUSTOM: u64 = 101;

/// The paper of a page size code.
pub(super) fn by_code(code: u64) -> Option<Paper> {
    SIZES.iter().find(|(known, _)| *known == code).and_then(|(_, name)| Paper::from_pwg_name(name))
}

/// The paper whose length fits so many lines best: `ESC & l # P`, page length, which older drivers use instead
/// of the page size (PCL 5 Technical Reference, chapter 5). `length` is in 1/7200 inch.
pub(super) fn by_length(length: i64) -> Option<Paper> {
    const LENGTHS: [(i64, &str); 7] = [
        (10 * 7200 + 3600, "na_executive_7.25x10.5in"),
        (11 * 7200, "na_letter_8.5x11in"),
        (84_000, "iso_a4_210x297mm"),
        (14 * 7200, "na_legal_8.5x14in"),
        (54_000, "na_monarch_3.875x7.5in"),
        (68_400, "na_number-10_4.125x9.5in"),
        (17 * 7200, "na_ledger_11x17in"),
    ];
    LENGTHS.iter().find(|(known, _)| *known == length).and_then(|(_, name)| Paper::from_pwg_name(name))
}

/// What printers start with where nothing names a paper.
pub(super) fn default() -> Paper {
    by_code(2).expect("the table has letter")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_code_has_a_paper() {
        for (code, name) in SIZES {
            assert_eq!(by_code(*code).map(|paper| paper.name()).as_deref(), Some(*name));
        }
        assert_eq!(by_length(66 * 1200).map(|paper| paper.name()).as_deref(), Some("na_letter_8.5x11in"));
        assert_eq!(by_length(70 * 1200).map(|paper| paper.name()).as_deref(), Some("iso_a4_210x297mm"));
    }
}
