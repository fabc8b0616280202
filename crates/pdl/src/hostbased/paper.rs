//! Paper codes of the framings.

use crate::media::Paper;

/// Codes of Windows' `DEVMODE` (`dmPaperSize`), which ZjStream and XQX use.
pub(super) fn by_windows_code(code: u32) -> Option<Paper> {
    let name = match code {
        1 | 2 => "na_letter_8.5x11in",
        3 | 4 => "na_ledger_11x17in",
        5 => "na_legal_8.5x14in",
        6 => "na_invoice_5.5x8.5in",
        7 => "na_executive_7.25x10.5in",
        8 => "iso_a3_297x420mm",
        9 | 10 => "iso_a4_210x297mm",
        11 => "iso_a5_148x210mm",
        12 => "jis_b4_257x364mm",
        13 => "jis_b5_182x257mm",
        14 => "na_foolscap_8.5x13in",
        19 => "na_number-9_3.875x8.875in",
        20 => "na_number-10_4.125x9.5in",
        27 => "iso_dl_110x220mm",
        28 => "iso_c5_162x229mm",
        31 => "iso_c6_114x162mm",
        34 => "iso_b5_176x250mm",
        37 => "na_monarch_3.875x7.5in",
        43 => "jpn_hagaki_100x148mm",
        69 => "jpn_oufuku_148x200mm",
        70 => "iso_a6_105x148mm",
        88 => "jis_b6_128x182mm",
        _ => return None,
    };
    Paper::from_pwg_name(name)
}

/// Codes of a QPDL page header.
pub(super) fn by_qpdl_code(code: u8) -> Option<Paper> {
    let name = match code {
        0 => "na_letter_8.5x11in",
        1 => "na_legal_8.5x14in",
        2 => "iso_a4_210x297mm",
        3 => "na_executive_7.25x10.5in",
        4 => "na_ledger_11x17in",
        5 => "iso_a3_297x420mm",
        6 => "na_number-10_4.125x9.5in",
        7 => "na_monarch_3.875x7.5in",
        8 => "iso_c5_162x229mm",
        9 => "iso_dl_110x220mm",
        10 => "jis_b4_257x364mm",
        11 => "jis_b5_182x257mm",
        12 => "iso_b5_176x250mm",
        14 => "jpn_hagaki_100x148mm",
        15 => "jpn_oufuku_148x200mm",
        16 => "iso_a5_148x210mm",
        17 => "iso_a6_105x148mm",
        18 => "jis_b6_128x182mm",
        23 => "iso_c6_114x162mm",
        24 => "om_folio_210x330mm",
        26 => "na_number-9_3.875x8.875in",
        27 => "na_index-3x5_3x5in",
        28 => "na_oficio_8.5x13.4in",
        30 => "na_invoice_5.5x8.5in",
        35 => "roc_16k_7.75x10.75in",
        _ => return None,
    };
    Paper::from_pwg_name(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_exist() {
        assert_eq!((0..=255).filter_map(by_windows_code).count(), 25);
        assert_eq!((0..=255).filter_map(by_qpdl_code).count(), 25);
    }
}
