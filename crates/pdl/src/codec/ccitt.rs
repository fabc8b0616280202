//! CCITTFaxDecode: facsimile groups 3 and 4 (ITU-T T.4, T.6; PLRM 3.13.3, ISO 32000-1 7.4.6).

mod codes;

use codes::{Code, Colour, Mode};

use super::{Damaged, Decoder, Status, Step};

/// The entries of the filter's parameter dictionary.
#[derive(Clone, Copy, Debug)]
pub(crate) struct CcittParams {
    /// Below 0: group 4; 0: group 3, one-dimensional; above 0: group 3, mixed.
    pub(crate) k: i64,
    /// Pixels a row.
    pub(crate) columns: i64,
    /// Rows, 0 when the data ends itself.
    pub(crate) rows: i64,
    /// The data ends with an end-of-block pattern, whatever `rows` says.
    pub(crate) end_of_block: bool,
    /// Rows of group 3 are preceded by end-of-line codes. They are recognised without this, too, but where rows are
    /// aligned the fill could be taken for one.
    pub(crate) end_of_line: bool,
    /// Every row starts on a byte boundary.
    pub(crate) byte_align: bool,
    /// Black pixels come out as 1 bits.
    pub(crate) black_is_1: bool,
}

impl Default for CcittParams {
    fn default() -> Self {
        Self {
            k: 0,
            columns: 1728,
            rows: 0,
            end_of_block: true,
            end_of_line: false,
            byte_align: false,
            black_is_1: false,
        }
    }
}

/// Wider rows than this are refused instead of allocated.
const COLUMNS_MAX: i64 = 1 << 16;

/// Decodes rows of one bit a pixel, each padded to whole bytes.
#[derive(Debug)]
pub(crate) struct Ccitt {
    params: CcittParams,
    columns: u32,
    bits: u64,
    bit_count: u32,
    /// Positions where the colour changes, first to black: of the row above and of this one.
    above: Vec<u32>,
    current: Vec<u32>,
    /// Where the coding of this row has come to.
    a0: u32,
    started: bool,
    /// How the next row is coded.
    two_dimensional: bool,
    colour: Colour,
    place: Place,
    rows_done: i64,
    row: Vec<u8>,
    given: usize,
}

#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Place {
    /// Before a row: end-of-line codes, end of block. The number of end-of-line codes seen in a row.
    RowStart {
        lines_ended: u8,
    },
    /// After an end-of-line code in mixed coding: the bit that tells how the next row is coded.
    Tag {
        lines_ended: u8,
    },
    /// A two-dimensional mode code comes next.
    Mode,
    /// A run comes next; how many more follow it in two-dimensional coding, `None` in one-dimensional.
    Run {
        length: u32,
        then: Option<bool>,
    },
    /// The packed row is being handed out.
    Give,
    Done,
}

const DAMAGED: Damaged = Damaged { encoding: "CCITTFaxDecode" };

/// The data may go on: what a step of decoding needs.
enum Ahead<T> {
    Found(T),
    Starved,
}

impl Ccitt {
    /// # Errors
    /// [`Damaged`] for rows of no or more than 65,536 pixels.
    pub(crate) fn new(params: CcittParams) -> Result<Self, Damaged> {
        if !(1..=COLUMNS_MAX).contains(&params.columns) {
            return Err(DAMAGED);
        }
        Ok(Self {
            params,
            columns: params.columns as u32,
            bits: 0,
            bit_count: 0,
            above: Vec::new(),
            current: Vec::new(),
            a0: 0,
            started: false,
            two_dimensional: params.k < 0,
            colour: Colour::White,
            place: Place::RowStart { lines_ended: 0 },
            rows_done: 0,
            row: vec![0; (params.columns as usize).div_ceil(8)],
            given: 0,
        })
    }

    fn load(&mut self, input: &[u8], at: &mut usize) -> bool {
        let Some(&byte) = input.get(*at) else { return false };
        self.bits = self.bits << 8 | u64::from(byte);
        self.bit_count += 8;
        *at += 1;
        true
    }

    /// The next `width` bits, zeros where there are none yet.
    fn peek(&self, width: u32) -> u32 {
        let held = self.bits & ((1 << self.bit_count) - 1);
        if self.bit_count >= width {
            (held >> (self.bit_count - width)) as u32
        } else {
            (held << (width - self.bit_count)) as u32
        }
    }

    fn code<T>(
        &mut self,
        input: &[u8],
        at: &mut usize,
        look_up: impl Fn(u32) -> Option<Code<T>>,
    ) -> Result<Ahead<T>, Damaged> {
        loop {
            match look_up(self.peek(codes::WIDTH)) {
                Some(code) if u32::from(code.bits) <= self.bit_count => {
                    self.bit_count -= u32::from(code.bits);
                    return Ok(Ahead::Found(code.value));
                }
                None if self.bit_count >= codes::WIDTH => return Err(DAMAGED),
                Some(_) | None => {}
            }
            if !self.load(input, at) {
                return Ok(Ahead::Starved);
            }
        }
    }

    /// Whether an end-of-line code (with any fill before it) comes next; takes it if so.
    fn end_of_line(&mut self, input: &[u8], at: &mut usize) -> Ahead<bool> {
        loop {
            let held = self.bits & ((1 << self.bit_count) - 1);
            let zeros = held.leading_zeros() + self.bit_count - u64::BITS;
            if zeros < self.bit_count {
                if zeros >= 11 {
                    self.bit_count -= zeros + 1;
                }
                return Ahead::Found(zeros >= 11);
            }
            if zeros >= 24 {
                // Fill: keep just enough zeros to recognise the code.
                self.bit_count = 16;
            }
            if !self.load(input, at) {
                return Ahead::Starved;
            }
        }
    }

    fn row_start(&mut self, lines_ended: u8, input: &[u8], at: &mut usize) -> Ahead<()> {
        let finished = self.params.rows > 0 && self.rows_done >= self.params.rows;
        if finished && !self.params.end_of_block {
            self.place = Place::Done;
            return Ahead::Found(());
        }
        let aligned = self.params.byte_align && lines_ended == 0;
        if aligned && !self.params.end_of_line {
            self.bit_count -= self.bit_count % 8;
        }
        match self.end_of_line(input, at) {
            Ahead::Starved => return Ahead::Starved,
            Ahead::Found(true) => {
                let lines_ended = lines_ended + 1;
                let block_ends = if self.params.k < 0 { 2 } else { 6 };
                self.place = if self.params.k > 0 {
                    Place::Tag { lines_ended }
                } else if lines_ended >= block_ends {
                    Place::Done
                } else {
                    Place::RowStart { lines_ended }
                };
            }
            // Group 3 ends with six codes; a writer that leaves some out still means the end.
            Ahead::Found(false) if lines_ended > 1 => self.place = Place::Done,
            Ahead::Found(false) => {
                if aligned {
                    self.bit_count -= self.bit_count % 8;
                }
                self.begin_row();
            }
        }
        Ahead::Found(())
    }

    fn begin_row(&mut self) {
        self.a0 = 0;
        self.started = false;
        self.colour = Colour::White;
        self.current.clear();
        self.place = if self.two_dimensional { Place::Mode } else { Place::Run { length: 0, then: None } };
    }

    /// The changing elements b1 and b2 of the row above.
    fn above_changes(&self) -> (u32, u32) {
        let mut index =
            self.above.partition_point(|change| if self.started { *change <= self.a0 } else { false });
        if (index % 2 == 1) != (self.colour == Colour::Black) {
            index += 1;
        }
        let at = |index: usize| self.above.get(index).copied().unwrap_or(self.columns);
        (at(index), at(index + 1))
    }

    fn change_at(&mut self, position: u32) {
        self.current.push(position.min(self.columns));
        self.a0 = position.min(self.columns);
        self.started = true;
        self.colour = self.colour.other();
    }

    fn mode(&mut self, mode: Mode) -> Result<(), Damaged> {
        let (b1, b2) = self.above_changes();
        match mode {
            Mode::Pass => {
                self.a0 = b2;
                self.started = true;
            }
            Mode::Horizontal => self.place = Place::Run { length: 0, then: Some(true) },
            Mode::Vertical(offset) => {
                let position = i64::from(b1) + i64::from(offset);
                if position < i64::from(self.a0) {
                    return Err(DAMAGED);
                }
                self.change_at(position as u32);
            }
        }
        if self.place == Place::Mode && self.a0 >= self.columns {
            self.finish_row();
        }
        Ok(())
    }

    fn run(&mut self, part: u32, length: u32, then: Option<bool>) -> Result<(), Damaged> {
        let length = length + part;
        if length > self.columns + 2560 {
            return Err(DAMAGED);
        }
        if part >= 64 {
            self.place = Place::Run { length, then };
            return Ok(());
        }
        self.change_at(self.a0.saturating_add(length));
        match then {
            Some(true) => self.place = Place::Run { length: 0, then: Some(false) },
            _ if self.a0 >= self.columns => self.finish_row(),
            Some(false) => self.place = Place::Mode,
            None => self.place = Place::Run { length: 0, then: None },
        }
        Ok(())
    }

    fn finish_row(&mut self) {
        let white = if self.params.black_is_1 { 0 } else { 0xff };
        self.row.fill(white);
        for span in self.current.chunks(2) {
            let end = span.get(1).copied().unwrap_or(self.columns);
            invert(&mut self.row, span[0], end);
        }
        std::mem::swap(&mut self.above, &mut self.current);
        self.rows_done += 1;
        self.given = 0;
        self.place = Place::Give;
    }
}

/// Inverts the bits `from..to` of a row.
fn invert(row: &mut [u8], from: u32, to: u32) {
    let mut at = from;
    while at < to {
        let byte = (at / 8) as usize;
        if at.is_multiple_of(8) && to - at >= 8 {
            row[byte] = !row[byte];
            at += 8;
        } else {
            row[byte] ^= 0x80 >> (at % 8);
            at += 1;
        }
    }
}

impl Decoder for Ccitt {
    fn decode(&mut self, input: &[u8], last: bool, output: &mut [u8]) -> Result<Step, Damaged> {
        let (mut at, mut produced) = (0, 0);
        loop {
            let ahead = match self.place {
                Place::Done => return Ok(Step { consumed: at, produced, status: Status::End }),
                Place::Give => {
                    let count = (self.row.len() - self.given).min(output.len() - produced);
                    output[produced..produced + count]
                        .copy_from_slice(&self.row[self.given..self.given + count]);
                    self.given += count;
                    produced += count;
                    if self.given < self.row.len() {
                        return Ok(Step { consumed: at, produced, status: Status::NeedOutput });
                    }
                    self.place = Place::RowStart { lines_ended: 0 };
                    Ahead::Found(())
                }
                Place::RowStart { lines_ended } => self.row_start(lines_ended, input, &mut at),
                Place::Tag { lines_ended } => {
                    if self.bit_count == 0 && !self.load(input, &mut at) {
                        Ahead::Starved
                    } else {
                        self.two_dimensional = self.peek(1) == 0;
                        self.bit_count -= 1;
                        self.place =
                            if lines_ended >= 6 { Place::Done } else { Place::RowStart { lines_ended } };
                        Ahead::Found(())
                    }
                }
                Place::Mode => match self.code(input, &mut at, codes::mode)? {
                    Ahead::Found(mode) => {
                        self.mode(mode)?;
                        Ahead::Found(())
                    }
                    Ahead::Starved => Ahead::Starved,
                },
                Place::Run { length, then } => {
                    let colour = self.colour;
                    match self.code(input, &mut at, |bits| codes::run(colour, bits))? {
                        Ahead::Found(part) => {
                            self.run(part, length, then)?;
                            Ahead::Found(())
                        }
                        Ahead::Starved => Ahead::Starved,
                    }
                }
            };
            if let Ahead::Starved = ahead {
                let status = if last { Status::End } else { Status::NeedInput };
                return Ok(Step { consumed: at, produced, status });
            }
        }
    }
}

#[cfg(test)]
mod tests;
