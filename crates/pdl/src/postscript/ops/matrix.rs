//! Coordinate systems and matrices.

use crate::graphics::Matrix;

use super::super::device::DEFAULT_MATRIX;
use super::super::machine::Machine;
use super::super::object::{Attributes, Done, ErrorName, Fault, Object, Span};
use super::Entry;

pub(super) const TABLE: &[Entry] = &[
    ("matrix", |m| push_matrix(m, Matrix::IDENTITY)),
    ("identmatrix", |m| {
        let span = m.pop_array()?;
        store(m, span, Matrix::IDENTITY)
    }),
    ("initmatrix", |m| {
        m.graphics.now.ctm = DEFAULT_MATRIX;
        Ok(())
    }),
    ("defaultmatrix", |m| {
        let span = m.pop_array()?;
        store(m, span, DEFAULT_MATRIX)
    }),
    ("currentmatrix", |m| {
        let span = m.pop_array()?;
        let matrix = m.graphics.now.ctm;
        store(m, span, matrix)
    }),
    ("setmatrix", |m| {
        m.graphics.now.ctm = m.pop_matrix()?;
        Ok(())
    }),
    ("concat", |m| {
        let matrix = m.pop_matrix()?;
        m.graphics.now.ctm = matrix.then(m.graphics.now.ctm);
        Ok(())
    }),
    ("translate", |m| change(m, |[x, y]| Matrix([1.0, 0.0, 0.0, 1.0, x, y]))),
    ("scale", |m| change(m, |[x, y]| Matrix([x, 0.0, 0.0, y, 0.0, 0.0]))),
    ("rotate", |m| change(m, |[angle]| rotation(angle))),
    ("concatmatrix", |m| {
        let target = m.pop_array()?;
        let (second, first) = (m.pop_matrix()?, m.pop_matrix()?);
        store(m, target, first.then(second))
    }),
    ("invertmatrix", |m| {
        let target = m.pop_array()?;
        let matrix = m.pop_matrix()?.inverse().ok_or(ErrorName::UndefinedResult)?;
        store(m, target, matrix)
    }),
    ("transform", |m| {
        let matrix = operand_or_ctm(m)?;
        let [x, y] = m.pop_numbers()?;
        push_point(m, matrix.apply(x, y))
    }),
    ("dtransform", |m| {
        let matrix = operand_or_ctm(m)?;
        let [x, y] = m.pop_numbers()?;
        push_point(m, matrix.apply_distance(x, y))
    }),
    ("itransform", |m| {
        let matrix = operand_or_ctm(m)?.inverse().ok_or(ErrorName::UndefinedResult)?;
        let [x, y] = m.pop_numbers()?;
        push_point(m, matrix.apply(x, y))
    }),
    ("idtransform", |m| {
        let matrix = operand_or_ctm(m)?.inverse().ok_or(ErrorName::UndefinedResult)?;
        let [x, y] = m.pop_numbers()?;
        push_point(m, matrix.apply_distance(x, y))
    }),
];

/// Rotation by degrees, exact at right angles.
pub(super) fn rotation(degrees: f64) -> Matrix {
    let turned = degrees.rem_euclid(360.0);
    let (sin, cos) = if turned % 90.0 == 0.0 {
        match turned as i64 / 90 {
            0 => (0.0, 1.0),
            1 => (1.0, 0.0),
            2 => (0.0, -1.0),
            _ => (-1.0, 0.0),
        }
    } else {
        turned.to_radians().sin_cos()
    };
    Matrix([cos, sin, -sin, cos, 0.0, 0.0])
}

/// Puts a matrix into an array of six.
pub(super) fn store(m: &mut Machine, span: Span, matrix: Matrix) -> Done {
    if span.len != 6 {
        return Err(ErrorName::RangeCheck.into());
    }
    for (slot, value) in m.vm.array_mut(span)?.iter_mut().zip(matrix.0) {
        *slot = Object::Real(value as f32);
    }
    m.push_object(Object::Array(Attributes::new(false), span))
}

/// A new array with a matrix.
pub(super) fn push_matrix(m: &mut Machine, matrix: Matrix) -> Done {
    m.push_array(matrix.0.iter().map(|value| Object::Real(*value as f32)).collect())
}

fn push_point(m: &mut Machine, (x, y): (f64, f64)) -> Done {
    m.push_real(x)?;
    m.push_real(y)
}

fn operand_or_ctm(m: &mut Machine) -> Result<Matrix, Fault> {
    match m.operands.peek(0)? {
        Object::Array(..) => m.pop_matrix(),
        _ => Ok(m.graphics.now.ctm),
    }
}

/// `numbers op` changes the current matrix, `numbers matrix op` fills the matrix.
fn change<const N: usize>(m: &mut Machine, make: fn([f64; N]) -> Matrix) -> Done {
    if let Object::Array(_, span) = m.operands.peek(0)? {
        m.pop()?;
        let numbers = m.pop_numbers()?;
        return store(m, span, make(numbers));
    }
    let numbers = m.pop_numbers()?;
    m.graphics.now.ctm = make(numbers).then(m.graphics.now.ctm);
    Ok(())
}
