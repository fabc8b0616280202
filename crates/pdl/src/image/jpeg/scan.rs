//! Entropy-coded segments: sequential (T.81 F.2) and progressive (T.81 G.2) Huffman scans.

use std::io::Read;

use super::bits::Source;
use super::coefficients::{Block, Role};
use super::huffman::Huffman;
use super::{Decoder, Frame, JpegError};

/// Bytes that the record of known coefficients of one picture may take.
const KNOWN_BYTES_MAX: usize = 4 << 20;

/// The scan header (T.81 B.2.3).
struct Header {
    /// (index of the component in the frame, DC table, AC table).
    parts: Vec<(usize, usize, usize)>,
    start: u8,
    end: u8,
    high: u8,
    low: u8,
}

/// Why a scan's decoding stops before its last block.
enum Stop {
    /// Colour is certain and the caller does not need the end.
    Settled,
    /// The data broke off or is wrong.
    Broken,
    /// More work than [`super::BLOCK_VISITS_MAX`].
    TooMuch,
    Source(std::io::Error),
}

impl From<std::io::Error> for Stop {
    fn from(error: std::io::Error) -> Stop {
        Stop::Source(error)
    }
}

impl Decoder {
    /// Reads one scan after its SOS marker.
    pub(super) fn scan<R: Read>(&mut self, source: &mut Source<R>) -> Result<(), JpegError> {
        let header = self.scan_header(source)?;
        self.scans += 1;
        let Some(frame) = self.frame.as_mut() else { return Err(JpegError::NoFrame) };
        let relevant = header.parts.iter().any(|p| frame.components[p.0].judge.role() != Role::Ignored);
        let colored = frame.components.iter().any(|c| c.judge.colored());
        if self.opaque.is_some() || !relevant || colored {
            return Ok(()); // the next marker is found by its byte
        }
        let interleaved = header.parts.len() > 1;
        if frame.progressive && !reserve_known(frame, &header) {
            self.opaque = Some("a progressive JPEG picture too large to follow");
            return Ok(());
        }
        let mut walk = Walk {
            quant: &self.quant,
            dc: &self.dc,
            ac: &self.ac,
            header: &header,
            eob_run: 0,
            visits_left: &mut self.visits_left,
        };
        let outcome = if interleaved {
            walk.interleaved(frame, source, self.restart_interval)
        } else {
            walk.single(frame, source, self.restart_interval)
        };
        match outcome {
            Ok(()) | Err(Stop::Settled) => Ok(()),
            Err(Stop::Broken) => Err(JpegError::Segment("scan")),
            Err(Stop::TooMuch) => {
                self.opaque = Some("a JPEG picture that takes too long to follow");
                Ok(())
            }
            Err(Stop::Source(error)) => Err(JpegError::Source(error)),
        }
    }

    fn scan_header<R: Read>(&self, source: &mut Source<R>) -> Result<Header, JpegError> {
        let broken = || JpegError::Segment("SOS");
        let frame = self.frame.as_ref().ok_or(JpegError::NoFrame)?;
        let length = usize::from(source.u16()?.ok_or_else(broken)?);
        let mut body = vec![0; length.checked_sub(2).ok_or_else(broken)?];
        if !source.exact(&mut body)? {
            return Err(broken());
        }
        let (&count, rest) = body.split_first().ok_or_else(broken)?;
        let (specs, tail) = rest.split_at_checked(usize::from(count) * 2).ok_or_else(broken)?;
        let [start, end, approximation, ..] = tail else { return Err(broken()) };
        let mut parts = Vec::new();
        for spec in specs.chunks_exact(2) {
            let index = frame.components.iter().position(|c| c.id == spec[0]).ok_or_else(broken)?;
            let (dc, ac) = (usize::from(spec[1] >> 4), usize::from(spec[1] & 15));
            if dc > 3 || ac > 3 || parts.iter().any(|p: &(usize, usize, usize)| p.0 == index) {
                return Err(broken());
            }
            parts.push((index, dc, ac));
        }
        let header =
            Header { parts, start: *start, end: *end, high: approximation >> 4, low: approximation & 15 };
        let spectral = if frame.progressive {
            header.end <= 63
                && header.low <= 13
                && if header.start == 0 {
                    header.end == 0
                } else {
                    header.start <= header.end && header.parts.len() == 1
                }
        } else {
            true
        };
        if header.parts.is_empty() || header.parts.len() > 4 || !spectral {
            Err(broken())
        } else {
            Ok(header)
        }
    }
}

/// Makes room for the non-zero record of the components in an AC scan; false when the picture is too large.
fn reserve_known(frame: &mut Frame, header: &Header) -> bool {
    if header.start == 0 {
        return true;
    }
    let index = header.parts[0].0;
    let (columns, rows) = padded_blocks(frame, index);
    let wanted = columns * rows;
    let held: usize = frame.components.iter().map(|c| c.judge.known.len()).sum();
    let judge = &mut frame.components[index].judge;
    if judge.known.len() < wanted {
        if (held + wanted) * size_of::<u64>() > KNOWN_BYTES_MAX {
            return false;
        }
        judge.known.resize(wanted, 0);
    }
    true
}

/// MCUs across and down.
fn mcus(frame: &Frame) -> (usize, usize) {
    let across = usize::from(frame.width).div_ceil(8 * usize::from(frame.h_max));
    let down = usize::from(frame.height).div_ceil(8 * usize::from(frame.v_max));
    (across, down)
}

/// Blocks of a component with the padding to whole MCUs.
fn padded_blocks(frame: &Frame, index: usize) -> (usize, usize) {
    let (across, down) = mcus(frame);
    let c = &frame.components[index];
    (across * usize::from(c.h), down * usize::from(c.v))
}

struct Walk<'a> {
    quant: &'a [[u16; 64]; 4],
    dc: &'a [Option<Huffman>; 4],
    ac: &'a [Option<Huffman>; 4],
    header: &'a Header,
    eob_run: u32,
    visits_left: &'a mut u64,
}

impl Walk<'_> {
    /// Several components: MCU after MCU (T.81 A.2.3).
    fn interleaved<R: Read>(
        &mut self,
        frame: &mut Frame,
        source: &mut Source<R>,
        interval: u16,
    ) -> Result<(), Stop> {
        let (across, down) = mcus(frame);
        self.restart_state(frame);
        let mut until_restart = interval;
        for mcu in 0..across * down {
            if interval > 0 && until_restart == 0 {
                self.restart(frame, source)?;
                until_restart = interval;
            }
            until_restart = until_restart.wrapping_sub(1);
            for &(index, dc, ac) in &self.header.parts {
                let blocks = frame.components[index].h * frame.components[index].v;
                for _ in 0..blocks {
                    self.visit(frame, source, index, (dc, ac), 0)?;
                }
            }
            if mcu % 64 == 63 {
                self.check(frame, source)?;
            }
        }
        self.check(frame, source)
    }

    /// One component: block after block, without the padding (T.81 A.2.2).
    fn single<R: Read>(
        &mut self,
        frame: &mut Frame,
        source: &mut Source<R>,
        interval: u16,
    ) -> Result<(), Stop> {
        let (index, dc, ac) = self.header.parts[0];
        let c = &frame.components[index];
        let width =
            (usize::from(frame.width) * usize::from(c.h)).div_ceil(usize::from(frame.h_max)).div_ceil(8);
        let height =
            (usize::from(frame.height) * usize::from(c.v)).div_ceil(usize::from(frame.v_max)).div_ceil(8);
        let (stride, _) = padded_blocks(frame, index);
        self.restart_state(frame);
        let mut until_restart = interval;
        for row in 0..height {
            for column in 0..width {
                if interval > 0 && until_restart == 0 {
                    self.restart(frame, source)?;
                    until_restart = interval;
                }
                until_restart = until_restart.wrapping_sub(1);
                self.visit(frame, source, index, (dc, ac), row * stride + column)?;
            }
            self.check(frame, source)?;
        }
        Ok(())
    }

    fn restart_state(&mut self, frame: &mut Frame) {
        self.eob_run = 0;
        for c in &mut frame.components {
            c.judge.dc = 0;
        }
    }

    fn restart<R: Read>(&mut self, frame: &mut Frame, source: &mut Source<R>) -> Result<(), Stop> {
        self.restart_state(frame);
        if source.restart()? { Ok(()) } else { Err(Stop::Broken) }
    }

    fn check<R: Read>(&self, frame: &Frame, source: &Source<R>) -> Result<(), Stop> {
        if frame.components.iter().any(|c| c.judge.colored()) {
            return Err(Stop::Settled);
        }
        if source.exhausted() { Err(Stop::Broken) } else { Ok(()) }
    }

    fn visit<R: Read>(
        &mut self,
        frame: &mut Frame,
        source: &mut Source<R>,
        index: usize,
        tables: (usize, usize),
        block: usize,
    ) -> Result<(), Stop> {
        *self.visits_left = self.visits_left.checked_sub(1).ok_or(Stop::TooMuch)?;
        if !frame.progressive {
            return self.sequential(frame, source, index, tables);
        }
        match (self.header.start, self.header.high) {
            (0, 0) => self.dc_first(frame, source, index, tables.0),
            (0, _) => {
                let bit = source.bits(1)?;
                let quant = self.quant[usize::from(frame.components[index].quant)][0];
                frame.components[index].judge.dc_refine(bit, u32::from(self.header.low), quant);
                Ok(())
            }
            (_, 0) => self.ac_first(frame, source, index, tables.1, block),
            _ => self.ac_refine(frame, source, index, tables.1, block),
        }
    }

    fn sequential<R: Read>(
        &mut self,
        frame: &mut Frame,
        source: &mut Source<R>,
        index: usize,
        tables: (usize, usize),
    ) -> Result<(), Stop> {
        let dc_table = self.dc[tables.0].as_ref().ok_or(Stop::Broken)?;
        let ac_table = self.ac[tables.1].as_ref().ok_or(Stop::Broken)?;
        let component = &mut frame.components[index];
        let size = u32::from(symbol(source, dc_table)?);
        if size > 16 {
            return Err(Stop::Broken);
        }
        let difference = signed(source, size)?;
        component.judge.dc = component.judge.dc.wrapping_add(difference);
        let ignored = component.judge.role() == Role::Ignored;
        let mut block = Block { dc: component.judge.dc, ac: [(0, 0); 63], ac_len: 0 };
        let mut k = 1u32;
        while k < 64 {
            let rs = u32::from(symbol(source, ac_table)?);
            let (run, size) = (rs >> 4, rs & 15);
            if size == 0 {
                if run != 15 {
                    break;
                }
                k += 16;
                continue;
            }
            k += run;
            if k > 63 {
                return Err(Stop::Broken);
            }
            let value = signed(source, size)?;
            if !ignored {
                block.ac[block.ac_len] = (k as u8, value as i16);
                block.ac_len += 1;
            }
            k += 1;
        }
        component.judge.block(&block, &self.quant[usize::from(component.quant)], frame.precision);
        Ok(())
    }

    fn dc_first<R: Read>(
        &mut self,
        frame: &mut Frame,
        source: &mut Source<R>,
        index: usize,
        table: usize,
    ) -> Result<(), Stop> {
        let table = self.dc[table].as_ref().ok_or(Stop::Broken)?;
        let size = u32::from(symbol(source, table)?);
        if size > 16 {
            return Err(Stop::Broken);
        }
        let difference = signed(source, size)?;
        let component = &mut frame.components[index];
        component.judge.dc = component.judge.dc.wrapping_add(difference);
        let quant = self.quant[usize::from(component.quant)][0];
        let value = component.judge.dc;
        component.judge.dc_first(value, u32::from(self.header.low), quant, frame.precision);
        Ok(())
    }

    fn ac_first<R: Read>(
        &mut self,
        frame: &mut Frame,
        source: &mut Source<R>,
        index: usize,
        table: usize,
        block: usize,
    ) -> Result<(), Stop> {
        if self.eob_run > 0 {
            self.eob_run -= 1;
            return Ok(());
        }
        let table = self.ac[table].as_ref().ok_or(Stop::Broken)?;
        let component = &mut frame.components[index];
        let quant = &self.quant[usize::from(component.quant)];
        let mut k = u32::from(self.header.start);
        while k <= u32::from(self.header.end) {
            let rs = u32::from(symbol(source, table)?);
            let (run, size) = (rs >> 4, rs & 15);
            if size == 0 {
                if run < 15 {
                    self.eob_run = (1 << run) - 1 + source.bits(run)?;
                    return Ok(());
                }
                k += 16;
                continue;
            }
            k += run;
            if k > u32::from(self.header.end) {
                return Err(Stop::Broken);
            }
            let value = signed(source, size)? << self.header.low;
            if let Some(known) = component.judge.known.get_mut(block) {
                *known |= 1 << k;
            }
            component.judge.ac_new(block as u64, k as u8, value, quant[k as usize]);
            k += 1;
        }
        Ok(())
    }

    /// T.81 G.1.2.3: correction bits of known coefficients lie between the new ones.
    fn ac_refine<R: Read>(
        &mut self,
        frame: &mut Frame,
        source: &mut Source<R>,
        index: usize,
        table: usize,
        block: usize,
    ) -> Result<(), Stop> {
        let table = self.ac[table].as_ref().ok_or(Stop::Broken)?;
        let component = &mut frame.components[index];
        let quant = &self.quant[usize::from(component.quant)];
        let mut known = component.judge.known.get(block).copied().ok_or(Stop::Broken)?;
        let (mut k, end) = (u32::from(self.header.start), u32::from(self.header.end));
        if self.eob_run == 0 {
            while k <= end {
                let rs = u32::from(symbol(source, table)?);
                let (mut run, size) = (rs >> 4, rs & 15);
                let mut value = 0;
                match size {
                    0 if run < 15 => {
                        self.eob_run = (1 << run) + source.bits(run)?;
                        break;
                    }
                    0 => {}
                    1 => value = if source.bits(1)? == 1 { 1 } else { -1 },
                    _ => return Err(Stop::Broken),
                }
                while k <= end {
                    if known & (1 << k) != 0 {
                        let correction = source.bits(1)?;
                        if component.judge.role() == Role::Equal {
                            component
                                .judge
                                .note(u64::from(correction) << 63 | (block as u64) << 8 | u64::from(k));
                        }
                    } else if run == 0 {
                        break;
                    } else {
                        run -= 1;
                    }
                    k += 1;
                }
                if value != 0 && k <= end {
                    known |= 1 << k;
                    component.judge.ac_new(
                        block as u64,
                        k as u8,
                        value << self.header.low,
                        quant[k as usize],
                    );
                }
                k += 1;
            }
        }
        if self.eob_run > 0 {
            while k <= end {
                if known & (1 << k) != 0 {
                    let correction = source.bits(1)?;
                    if component.judge.role() == Role::Equal {
                        component
                            .judge
                            .note(u64::from(correction) << 63 | (block as u64) << 8 | u64::from(k));
                    }
                }
                k += 1;
            }
            self.eob_run -= 1;
        }
        component.judge.known[block] = known;
        Ok(())
    }
}

#[inline]
fn symbol<R: Read>(source: &mut Source<R>, table: &Huffman) -> Result<u8, Stop> {
    let window = source.peek16()?;
    let (length, value) = table.find(window).ok_or(Stop::Broken)?;
    source.take(length);
    Ok(value)
}

/// RECEIVE and EXTEND (T.81 F.2.2.1).
#[inline]
fn signed<R: Read>(source: &mut Source<R>, size: u32) -> Result<i32, Stop> {
    if size == 0 {
        return Ok(0);
    }
    let bits = source.bits(size)? as i32;
    Ok(if bits < 1 << (size - 1) { bits - (1 << size) + 1 } else { bits })
}
