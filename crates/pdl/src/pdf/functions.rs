//! Function objects (ISO 32000-1 7.10) as values.

use crate::graphics::{CalculatorStep, Function, FunctionKind, Operator, Table};

use super::document::{Document, PdfError};
use super::lexer::{Lexer, Token};
use super::object::{Dict, Object};
use super::stream::StreamBytes;

/// Tables and programs longer than this are cut off.
const DATA_BYTES_MAX: usize = 1 << 20;
/// Functions inside functions.
const DEPTH_MAX: u32 = 8;
/// Steps of one calculator program.
const STEPS_MAX: usize = 10_000;

/// Reads a function, or an array of functions with one output each; `None` for what is no function.
///
/// # Errors
/// [`PdfError::Read`].
pub(super) fn read(document: &mut Document<'_>, object: &Object) -> Result<Option<Function>, PdfError> {
    nested(document, object, 0)
}

fn nested(document: &mut Document<'_>, object: &Object, depth: u32) -> Result<Option<Function>, PdfError> {
    if depth > DEPTH_MAX {
        return Ok(None);
    }
    let object = document.resolve(object)?;
    if object.as_name() == Some(b"Identity") {
        return Ok(Some(Function { domain: Vec::new(), range: Vec::new(), kind: FunctionKind::Identity }));
    }
    if let Object::Array(items) = &object {
        let mut functions = Vec::new();
        for item in items.iter().take(32) {
            match nested(document, item, depth + 1)? {
                Some(function) => functions.push(function),
                None => return Ok(None),
            }
        }
        return Ok(Some(Function {
            domain: Vec::new(),
            range: Vec::new(),
            kind: FunctionKind::Parallel(functions),
        }));
    }
    let Some(dict) = object.as_dict().cloned() else { return Ok(None) };
    let domain = numbers(document, &dict, b"Domain")?;
    let range = numbers(document, &dict, b"Range")?;
    let kind = match document.get(&dict, b"FunctionType")?.as_int() {
        Some(0) => {
            let size = numbers(document, &dict, b"Size")?.iter().map(|size| size.max(1.0) as usize).collect();
            let bits = document.get(&dict, b"BitsPerSample")?.as_int().unwrap_or(8);
            if !matches!(bits, 1 | 2 | 4 | 8 | 12 | 16 | 24 | 32) {
                return Ok(None);
            }
            let decode = numbers(document, &dict, b"Decode")?;
            FunctionKind::Sampled(Table {
                size,
                bits: bits as usize,
                encode: numbers(document, &dict, b"Encode")?,
                decode: if decode.is_empty() { range.clone() } else { decode },
                outputs: range.len() / 2,
                data: data(document, &object)?,
            })
        }
        Some(2) => {
            let or = |list: Vec<f64>, default: f64| if list.is_empty() { vec![default] } else { list };
            FunctionKind::Exponential {
                from: or(numbers(document, &dict, b"C0")?, 0.0),
                to: or(numbers(document, &dict, b"C1")?, 1.0),
                exponent: document.get(&dict, b"N")?.as_number().unwrap_or(1.0),
            }
        }
        Some(3) => {
            let mut functions = Vec::new();
            let list = document.get(&dict, b"Functions")?;
            for item in list.as_array().map(|list| list.to_vec()).unwrap_or_default().iter().take(256) {
                match nested(document, item, depth + 1)? {
                    Some(function) => functions.push(function),
                    None => return Ok(None),
                }
            }
            FunctionKind::Stitched {
                functions,
                bounds: numbers(document, &dict, b"Bounds")?,
                encode: numbers(document, &dict, b"Encode")?,
            }
        }
        Some(4) => {
            let bytes = data(document, &object)?;
            let mut lexer = Lexer::content(&bytes, true);
            let mut steps_left = STEPS_MAX;
            match lexer.token() {
                Ok(Token::Word(start, end)) if &bytes[start..end] == b"{" => {}
                _ => return Ok(None),
            }
            match program(&bytes, &mut lexer, &mut steps_left, 0) {
                Some(program) => FunctionKind::Calculator(program),
                None => return Ok(None),
            }
        }
        _ => return Ok(None),
    };
    Ok(Some(Function { domain, range, kind }))
}

fn data(document: &mut Document<'_>, object: &Object) -> Result<Vec<u8>, PdfError> {
    match object {
        Object::Stream(stream) => StreamBytes::open(document, stream)?.read_to_end(document, DATA_BYTES_MAX),
        _ => Ok(Vec::new()),
    }
}

/// A list of numbers in a dictionary; empty when there is none.
///
/// # Errors
/// [`PdfError::Read`].
pub(super) fn numbers(document: &mut Document<'_>, dict: &Dict, key: &[u8]) -> Result<Vec<f64>, PdfError> {
    let list = document.get(dict, key)?;
    let mut numbers = Vec::new();
    for item in list.as_array().into_iter().flat_map(|list| list.iter()) {
        numbers.push(document.resolve(item)?.as_number().unwrap_or(0.0));
    }
    Ok(numbers)
}

/// The steps up to the closing brace.
fn program(
    bytes: &[u8],
    lexer: &mut Lexer<'_>,
    steps_left: &mut usize,
    depth: u32,
) -> Option<Vec<CalculatorStep>> {
    if depth > DEPTH_MAX {
        return None;
    }
    let mut steps = Vec::new();
    let mut blocks: Vec<Vec<CalculatorStep>> = Vec::new();
    loop {
        *steps_left = steps_left.checked_sub(1)?;
        match lexer.token().ok()? {
            Token::Value(Object::Bool(value)) => steps.push(CalculatorStep::Push(f64::from(u8::from(value)))),
            Token::Value(value) => steps.push(CalculatorStep::Push(value.as_number()?)),
            Token::Word(start, end) => match &bytes[start..end] {
                b"{" => blocks.push(program(bytes, lexer, steps_left, depth + 1)?),
                b"}" => return Some(steps),
                b"if" => steps.push(CalculatorStep::If(blocks.pop()?)),
                b"ifelse" => {
                    let otherwise = blocks.pop()?;
                    steps.push(CalculatorStep::IfElse(blocks.pop()?, otherwise));
                }
                word => steps.push(CalculatorStep::Operator(Operator::named(word)?)),
            },
        }
    }
}
