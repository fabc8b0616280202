//! What each variable means, whoever made the printer.
//!
//! HP's names are from the PJL Technical Reference Manual; the others from the makers' PPD files and drivers.

use super::header::number;
use crate::accounting::Names;
use crate::counts::Copies;
use crate::media::Paper;
use crate::settings::JobSettings;
use crate::text_codec::decode;

/// One `NAME=VALUE` of `SET` or `DEFAULT`.
pub(crate) fn apply(name: &[u8], value: &[u8], settings: &mut JobSettings, names: &mut Names) {
    let upper = value.to_ascii_uppercase();
    match name.to_ascii_uppercase().as_slice() {
        b"COPIES" => settings.copies = copies(value).or(settings.copies),
        b"QTY" => settings.quantity = copies(value).or(settings.quantity),
        b"DUPLEX" => duplex(&upper, settings),
        b"BINDING" => settings.short_edge = binding(&upper).or(settings.short_edge),
        b"PAPER" | b"PAPERSIZE" | b"MEDIASIZE" => settings.paper = paper(value).or(settings.paper),
        b"PAPERWIDTH" => settings.set_custom_width(decipoints(value)),
        b"PAPERLENGTH" => settings.set_custom_length(decipoints(value)),
        b"ORIENTATION" => settings.landscape = Some(upper == b"LANDSCAPE"),
        b"FORMLINES" => settings.form_lines = number(value).and_then(|lines| u32::try_from(lines).ok()),
        // HP, Ricoh, Samsung and their kin; Ricoh says twice what the data is.
        b"RENDERMODE" | b"COLORMODE" | b"DATAMODE" => settings.gray = gray(&upper).or(settings.gray),
        // HP: the planes in use, one of them is black.
        b"PLANESINUSE" => settings.gray = Some(upper == b"1"),
        // HP Universal Print Driver, "print in grayscale".
        b"GRAYSCALE" => settings.gray = Some(!matches!(upper.as_slice(), b"OFF" | b"NO" | b"FALSE")),
        other => super::names::apply(other, value, names),
    }
}

fn copies(value: &[u8]) -> Option<Copies> {
    number(value).map(|asked| Copies::from_request(i64::try_from(asked).unwrap_or(i64::MAX)))
}

fn decipoints(value: &[u8]) -> Option<u32> {
    number(value).and_then(|decipoints| u32::try_from(decipoints).ok())
}

/// `ON` and `OFF`; some makers name the edge here.
fn duplex(upper: &[u8], settings: &mut JobSettings) {
    match upper {
        b"ON" | b"TRUE" | b"YES" | b"1" => settings.duplex = Some(true),
        b"OFF" | b"FALSE" | b"NO" | b"0" | b"NONE" | b"SIMPLEX" => settings.duplex = Some(false),
        b"LONGEDGE" | b"NOTUMBLE" | b"VERTICAL" | b"DUPLEXNOTUMBLE" => {
            (settings.duplex, settings.short_edge) = (Some(true), Some(false));
        }
        b"SHORTEDGE" | b"TUMBLE" | b"HORIZONTAL" | b"DUPLEXTUMBLE" => {
            (settings.duplex, settings.short_edge) = (Some(true), Some(true));
        }
        _ => {}
    }
}

fn binding(upper: &[u8]) -> Option<bool> {
    match upper {
        b"SHORTEDGE" => Some(true),
        b"LONGEDGE" | b"LEFTEDGE" | b"RIGHTEDGE" => Some(false),
        _ => None,
    }
}

fn gray(upper: &[u8]) -> Option<bool> {
    match upper {
        b"GRAYSCALE" | b"GREYSCALE" | b"GRAY" | b"GREY" | b"MONO" | b"MONOCHROME" | b"BW" | b"BLACK"
        | b"BLACKANDWHITE" => Some(true),
        b"COLOR" | b"COLOUR" | b"FULLCOLOR" => Some(false),
        _ => None,
    }
}

/// PJL writes `B4` and `B5` for the ISO sizes and `JISB4`, `JISB5` for the Japanese ones.
fn paper(value: &[u8]) -> Option<Paper> {
    let name = decode(value);
    match name.to_ascii_uppercase().as_str() {
        "B4" => Paper::from_pwg_name("iso_b4_250x353mm"),
        "B5" => Paper::from_pwg_name("iso_b5_176x250mm"),
        // Ricoh: fanfold German legal.
        "FGL" => Paper::from_pwg_name("na_foolscap_8.5x13in"),
        _ => Paper::from_common_name(&name),
    }
}
