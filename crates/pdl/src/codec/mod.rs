//! Stream decoders shared by PDF and PostScript: bytes in, bytes out, in pieces of any size.
//!
//! Every decoder works like an inflater: it is handed what input there is and what room there is, says how much of
//! each it used, and why it stopped. Consumption is exact: when a decoder reports [`Status::End`] not one byte behind
//! its end-of-data mark has been taken, because PostScript programs continue right there.

mod ascii85;
mod ascii_hex;
mod ccitt;
mod flate;
mod lzw;
mod predictor;
mod run_length;

pub(crate) use ascii_hex::AsciiHex;
pub(crate) use ascii85::Ascii85;
pub(crate) use ccitt::{Ccitt, CcittParams};
pub(crate) use flate::Flate;
pub(crate) use lzw::Lzw;
pub(crate) use predictor::{Predictor, PredictorParams};
pub(crate) use run_length::RunLength;

/// Why a decoder stopped.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Status {
    /// All input is used; more is needed to go on.
    NeedInput,
    /// The output is full; there may be more to come from what was already taken.
    NeedOutput,
    /// The end-of-data mark was read (or the input ended and the decoder has nothing left).
    End,
}

/// What one call of [`Decoder::decode`] did.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) struct Step {
    /// Bytes taken from the input.
    pub(crate) consumed: usize,
    /// Bytes written to the output.
    pub(crate) produced: usize,
    /// Why it stopped.
    pub(crate) status: Status,
}

/// The encoded data breaks the rules of its encoding; what was produced so far is good.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[error("damaged {encoding} data")]
pub(crate) struct Damaged {
    /// The name of the filter, as PostScript and PDF spell it.
    pub(crate) encoding: &'static str,
}

/// A resumable decoder.
pub(crate) trait Decoder {
    /// Decodes from `input` to `output`. `last` says that no input will ever follow.
    ///
    /// # Errors
    /// [`Damaged`] when the data cannot be continued; the decoder must not be called again.
    fn decode(&mut self, input: &[u8], last: bool, output: &mut [u8]) -> Result<Step, Damaged>;
}

/// Decodes a whole buffer at once with a bound on the output. Damage ends the output early, as viewers do it.
pub(crate) fn decode_all(decoder: &mut dyn Decoder, mut input: &[u8], output_max: usize) -> Vec<u8> {
    let mut output = vec![0; input.len().saturating_mul(2).clamp(256, output_max.max(256))];
    let mut filled = 0;
    while let Ok(step) = decoder.decode(input, true, &mut output[filled..]) {
        input = &input[step.consumed..];
        filled += step.produced;
        match step.status {
            Status::End | Status::NeedInput => break,
            Status::NeedOutput if output.len() >= output_max => break,
            Status::NeedOutput => output.resize(output.len().saturating_mul(2).min(output_max), 0),
        }
    }
    output.truncate(filled.min(output_max));
    output
}

/// PDF and PostScript white space: NUL, TAB, LF, FF, CR and SPACE.
pub(crate) const fn is_space(byte: u8) -> bool {
    matches!(byte, 0 | 9 | 10 | 12 | 13 | 32)
}

#[cfg(test)]
pub(crate) mod testing {
    use super::{Damaged, Decoder, Status};

    /// Decodes with the given chunk sizes for input and output; returns the output and the bytes consumed.
    pub(crate) fn decode_chunked(
        decoder: &mut dyn Decoder,
        input: &[u8],
        chunk_in: usize,
        chunk_out: usize,
    ) -> Result<(Vec<u8>, usize), Damaged> {
        let (mut at, mut end, mut output) = (0, 0, Vec::new());
        let mut room = vec![0; chunk_out];
        loop {
            let step = decoder.decode(&input[at..end], end == input.len(), &mut room)?;
            at += step.consumed;
            output.extend_from_slice(&room[..step.produced]);
            match step.status {
                Status::End => return Ok((output, at)),
                Status::NeedOutput => {}
                Status::NeedInput => {
                    assert!(end < input.len(), "asks for input after the last byte");
                    end = (end + chunk_in).min(input.len());
                }
            }
        }
    }
}
