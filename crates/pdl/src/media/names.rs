//! The many ways drivers write a paper's name.

use super::Paper;

/// Names without case, spaces, `-` and `_`, and what they mean. PWG and dimension names need no row here.
const COMMON: &[(&str, &str)] = &[
    ("letter", "na_letter_8.5x11in"),
    ("ltr", "na_letter_8.5x11in"),
    ("usletter", "na_letter_8.5x11in"),
    ("naletter", "na_letter_8.5x11in"),
    ("note", "na_letter_8.5x11in"),
    ("northamericaletter", "na_letter_8.5x11in"),
    ("legal", "na_legal_8.5x14in"),
    ("lgl", "na_legal_8.5x14in"),
    ("uslegal", "na_legal_8.5x14in"),
    ("northamericalegal", "na_legal_8.5x14in"),
    ("ledger", "na_ledger_11x17in"),
    ("tabloid", "na_ledger_11x17in"),
    ("11x17", "na_ledger_11x17in"),
    ("dltr", "na_ledger_11x17in"),
    ("northamericatabloid", "na_ledger_11x17in"),
    ("executive", "na_executive_7.25x10.5in"),
    ("exec", "na_executive_7.25x10.5in"),
    ("northamericaexecutive", "na_executive_7.25x10.5in"),
    ("statement", "na_invoice_5.5x8.5in"),
    ("halfletter", "na_invoice_5.5x8.5in"),
    ("hletter", "na_invoice_5.5x8.5in"),
    ("invoice", "na_invoice_5.5x8.5in"),
    ("foolscap", "na_foolscap_8.5x13in"),
    ("fanfoldgermanlegal", "na_foolscap_8.5x13in"),
    ("flscp", "na_foolscap_8.5x13in"),
    ("folio", "om_folio_210x330mm"),
    ("f4", "om_folio_210x330mm"),
    ("oficio", "na_oficio_8.5x13.4in"),
    ("quarto", "na_quarto_8.5x10.83in"),
    ("12x18", "na_arch-b_12x18in"),
    ("archb", "na_arch-b_12x18in"),
    ("superb", "na_super-b_13x19in"),
    ("13x19", "na_super-b_13x19in"),
    ("2a0", "iso_2a0_1189x1682mm"),
    ("a0", "iso_a0_841x1189mm"),
    ("a1", "iso_a1_594x841mm"),
    ("a2", "iso_a2_420x594mm"),
    ("a3", "iso_a3_297x420mm"),
    ("a4", "iso_a4_210x297mm"),
    ("a5", "iso_a5_148x210mm"),
    ("a6", "iso_a6_105x148mm"),
    ("a7", "iso_a7_74x105mm"),
    ("a8", "iso_a8_52x74mm"),
    ("isoa3", "iso_a3_297x420mm"),
    ("isoa4", "iso_a4_210x297mm"),
    ("isoa5", "iso_a5_148x210mm"),
    ("isoa6", "iso_a6_105x148mm"),
    ("ra4", "iso_ra4_215x305mm"),
    ("sra3", "iso_sra3_320x450mm"),
    ("sra4", "iso_sra4_225x320mm"),
    ("b4", "jis_b4_257x364mm"),
    ("b5", "jis_b5_182x257mm"),
    ("b6", "jis_b6_128x182mm"),
    ("jisb3", "jis_b3_364x515mm"),
    ("jisb4", "jis_b4_257x364mm"),
    ("jisb5", "jis_b5_182x257mm"),
    ("jisb6", "jis_b6_128x182mm"),
    ("b4jis", "jis_b4_257x364mm"),
    ("b5jis", "jis_b5_182x257mm"),
    ("b6jis", "jis_b6_128x182mm"),
    ("isob4", "iso_b4_250x353mm"),
    ("isob5", "iso_b5_176x250mm"),
    ("isob6", "iso_b6_125x176mm"),
    ("b5iso", "iso_b5_176x250mm"),
    ("jisexec", "jis_exec_216x330mm"),
    ("c4", "iso_c4_229x324mm"),
    ("c5", "iso_c5_162x229mm"),
    ("c6", "iso_c6_114x162mm"),
    ("c65", "iso_c6c5_114x229mm"),
    ("dl", "iso_dl_110x220mm"),
    ("monarch", "na_monarch_3.875x7.5in"),
    ("com9", "na_number-9_3.875x8.875in"),
    ("9", "na_number-9_3.875x8.875in"),
    ("com10", "na_number-10_4.125x9.5in"),
    ("comm10", "na_number-10_4.125x9.5in"),
    ("10", "na_number-10_4.125x9.5in"),
    ("number10", "na_number-10_4.125x9.5in"),
    ("no10", "na_number-10_4.125x9.5in"),
    ("jpost", "jpn_hagaki_100x148mm"),
    ("jpostcard", "jpn_hagaki_100x148mm"),
    ("japanesepostcard", "jpn_hagaki_100x148mm"),
    ("postcard", "jpn_hagaki_100x148mm"),
    ("hagaki", "jpn_hagaki_100x148mm"),
    ("jpostd", "jpn_oufuku_148x200mm"),
    ("jdoublepostcard", "jpn_oufuku_148x200mm"),
    ("doublepostcard", "jpn_oufuku_148x200mm"),
    ("oufukuhagaki", "jpn_oufuku_148x200mm"),
    ("chou3", "jpn_chou3_120x235mm"),
    ("chou4", "jpn_chou4_90x205mm"),
    ("16k", "om_16k_195x270mm"),
    ("roc16k", "roc_16k_7.75x10.75in"),
    ("16k195x270", "om_16k_195x270mm"),
    ("16k184x260", "om_16k_184x260mm"),
    ("8k", "om_8k_270x390mm"),
    ("3x5", "na_index-3x5_3x5in"),
    ("4x6", "na_index-4x6_4x6in"),
    ("5x7", "na_5x7_5x7in"),
    ("5x8", "na_index-5x8_5x8in"),
    ("8x10", "na_govt-letter_8x10in"),
];

/// Endings that say how the sheet lies or how much of it is printable, not which sheet it is.
const ENDINGS: [&str; 10] =
    ["transverse", "rotated", "small", "duplex", "fullbleed", "borderless", "lef", "sef", "r", "landscape"];

/// Beginnings that say what the sheet is used for.
const BEGINNINGS: [&str; 6] = ["envelope", "env", "iso", "na", "psk:", "custom"];

/// See [`Paper::from_common_name`].
pub(super) fn from_common_name(name: &str) -> Option<Paper> {
    if let Some(paper) = Paper::from_pwg_name(name.trim()) {
        return Some(paper);
    }
    let plain: String = name
        .chars()
        .filter(|c| !matches!(c, ' ' | '-' | '_' | '.' | '#' | '(' | ')' | '/' | '"'))
        .map(|c| c.to_ascii_lowercase())
        .collect();
    let mut stem = plain.as_str();
    loop {
        if let Some((_, pwg)) = COMMON.iter().find(|(common, _)| *common == stem) {
            return Paper::from_pwg_name(pwg);
        }
        let shorter = ENDINGS
            .iter()
            .find_map(|ending| stem.strip_suffix(ending))
            .or_else(|| BEGINNINGS.iter().find_map(|beginning| stem.strip_prefix(beginning)));
        match shorter {
            Some(shorter) if !shorter.is_empty() => stem = shorter,
            _ => return None,
        }
    }
}

/// The size at the end of a self-describing name: `…_210x297mm`, `…_8.5x11in`.
pub(super) fn from_dimensions(name: &str) -> Option<Paper> {
    let (_, size) = name.rsplit_once('_')?;
    let (numbers, inches) = match (size.strip_suffix("mm"), size.strip_suffix("in")) {
        (Some(numbers), _) => (numbers, false),
        (None, Some(numbers)) => (numbers, true),
        (None, None) => return None,
    };
    let (width, height) = numbers.split_once('x')?;
    let (width, height) = (width.parse::<f64>().ok()?, height.parse::<f64>().ok()?);
    if inches { Paper::from_inches(width, height) } else { Paper::from_millimetres(width, height) }
}
