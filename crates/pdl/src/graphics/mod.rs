//! What PDF and PostScript share of their imaging model: where marks fall and whether they are gray.

mod function;
mod marks;
mod matrix;
mod samples;
mod tone;

pub(crate) use function::{Function, Kind as FunctionKind, Operator, Step as CalculatorStep, Table};
pub(crate) use marks::{Mark, PageMarks};
pub(crate) use matrix::{Matrix, Rect};
pub(crate) use samples::{Reading, Samples, Shape};
pub(crate) use tone::{cmyk_is_gray, lab_is_gray, rgb_is_gray};
