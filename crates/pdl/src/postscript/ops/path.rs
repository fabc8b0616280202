//! Building paths and clipping.

use std::sync::Arc;

use crate::graphics::{Matrix, Rect};

use super::super::machine::{Machine, Next, Task};
use super::super::object::{Done, ErrorName, Fault, Object, Span};
use super::super::path::{Path, Segment};
use super::Entry;

pub(super) const TABLE: &[Entry] = &[
    ("newpath", |m| {
        m.graphics.now.path = Arc::default();
        Ok(())
    }),
    ("currentpoint", |m| {
        let (x, y) = current_point(m)?;
        m.push_real(x)?;
        m.push_real(y)
    }),
    ("moveto", |m| {
        let [x, y] = m.pop_numbers()?;
        move_to(m, x, y);
        Ok(())
    }),
    ("rmoveto", |m| {
        let [dx, dy] = m.pop_numbers()?;
        let (x, y) = offset(m, dx, dy)?;
        path_mut(m).move_to(x, y);
        Ok(())
    }),
    ("lineto", |m| {
        let [x, y] = m.pop_numbers()?;
        needs_point(m)?;
        let (x, y) = m.graphics.now.ctm.apply(x, y);
        path_mut(m).line_to(x, y);
        Ok(())
    }),
    ("rlineto", |m| {
        let [dx, dy] = m.pop_numbers()?;
        let (x, y) = offset(m, dx, dy)?;
        path_mut(m).line_to(x, y);
        Ok(())
    }),
    ("curveto", |m| {
        let points = m.pop_numbers()?;
        needs_point(m)?;
        curve_to(m, points);
        Ok(())
    }),
    ("rcurveto", |m| {
        let points: [f64; 6] = m.pop_numbers()?;
        let [a, b] = [offset(m, points[0], points[1])?, offset(m, points[2], points[3])?];
        let c = offset(m, points[4], points[5])?;
        path_mut(m).curve_to([a.0, a.1, b.0, b.1, c.0, c.1]);
        Ok(())
    }),
    ("closepath", |m| {
        path_mut(m).close();
        Ok(())
    }),
    ("arc", |m| {
        let [x, y, radius, from, to] = m.pop_numbers()?;
        arc(m, (x, y), radius, from, if to < from { to + ((from - to) / 360.0).ceil() * 360.0 } else { to })
    }),
    ("arcn", |m| {
        let [x, y, radius, from, to] = m.pop_numbers()?;
        arc(m, (x, y), radius, from, if to > from { to - ((to - from) / 360.0).ceil() * 360.0 } else { to })
    }),
    ("arcto", |m| {
        for number in tangent_arc(m)? {
            m.push_real(number)?;
        }
        Ok(())
    }),
    ("arct", |m| tangent_arc(m).map(drop)),
    ("flattenpath", |_| Ok(())),
    ("reversepath", |_| Ok(())),
    ("strokepath", |m| {
        // The outline of a line is as large as the line is wide.
        let by = super::paint::line_reach(m);
        let bounds = m.graphics.now.path.bounds();
        if m.graphics.now.path.is_drawn() {
            m.graphics.now.path = Arc::new(rectangle_path(bounds.outset(by)));
        }
        Ok(())
    }),
    ("pathbbox", pathbbox),
    ("setbbox", |m| m.pop_numbers::<4>().map(drop)),
    ("pathforall", pathforall),
    ("clip", |m| {
        clip_to_path(m);
        Ok(())
    }),
    ("eoclip", |m| {
        clip_to_path(m);
        Ok(())
    }),
    ("rectclip", |m| {
        let bounds = rectangles(m)?.iter().fold(Rect::NOWHERE, |mut all, rect| {
            let image = m.graphics.now.ctm.bounds(*rect);
            all.include(image.x0, image.y0);
            all.include(image.x1, image.y1);
            all
        });
        clip_to(m, bounds);
        m.graphics.now.path = Arc::default();
        Ok(())
    }),
    ("initclip", |m| {
        m.graphics.now.clip = m.graphics.now.page.rect();
        Ok(())
    }),
    ("clippath", |m| {
        let clip = m.graphics.now.clip;
        m.graphics.now.path = if clip.is_nowhere() { Arc::default() } else { Arc::new(rectangle_path(clip)) };
        Ok(())
    }),
    ("clipsave", |m| {
        let clip = m.graphics.now.clip;
        m.graphics.now.clip_stack.push(clip);
        Ok(())
    }),
    ("cliprestore", |m| {
        if let Some(clip) = m.graphics.now.clip_stack.pop() {
            m.graphics.now.clip = clip;
        }
        Ok(())
    }),
    ("ucache", |_| Ok(())),
    ("upath", |m| {
        m.pop_bool()?;
        m.push_procedure_or_empty(Object::Null)
    }),
    ("uappend", |m| {
        let user_path = m.pop()?;
        let path = user_path_of(m, user_path)?;
        path_mut(m).append(&path);
        Ok(())
    }),
];

/// The current path, to change it.
pub(super) fn path_mut(m: &mut Machine) -> &mut Path {
    Arc::make_mut(&mut m.graphics.now.path)
}

fn needs_point(m: &Machine) -> Done {
    match m.graphics.now.path.current() {
        Some(_) => Ok(()),
        None => Err(ErrorName::NoCurrentPoint.into()),
    }
}

/// `moveto` from Rust.
pub(super) fn move_to(m: &mut Machine, x: f64, y: f64) {
    let (x, y) = m.graphics.now.ctm.apply(x, y);
    path_mut(m).move_to(x, y);
}

fn curve_to(m: &mut Machine, [a, b, c, d, e, f]: [f64; 6]) {
    let ctm = m.graphics.now.ctm;
    let ((a, b), (c, d), (e, f)) = (ctm.apply(a, b), ctm.apply(c, d), ctm.apply(e, f));
    path_mut(m).curve_to([a, b, c, d, e, f]);
}

/// The current point in user space.
pub(super) fn current_point(m: &Machine) -> Result<(f64, f64), Fault> {
    let (x, y) = m.graphics.now.path.current().ok_or(ErrorName::NoCurrentPoint)?;
    let back = m.graphics.now.ctm.inverse().ok_or(ErrorName::UndefinedResult)?;
    Ok(back.apply(x, y))
}

/// The point so far from the current one, in device space.
fn offset(m: &Machine, dx: f64, dy: f64) -> Result<(f64, f64), Fault> {
    let (x, y) = m.graphics.now.path.current().ok_or(ErrorName::NoCurrentPoint)?;
    let (dx, dy) = m.graphics.now.ctm.apply_distance(dx, dy);
    Ok((x + dx, y + dy))
}

/// Adds an arc in pieces of at most a right angle; a straight line leads to it.
fn arc(m: &mut Machine, (x, y): (f64, f64), radius: f64, from: f64, to: f64) -> Done {
    let at = |degrees: f64| {
        let [cos, sin, ..] = super::matrix::rotation(degrees).0;
        (x + radius * cos, y + radius * sin, sin, cos)
    };
    let (x0, y0, ..) = at(from);
    if m.graphics.now.path.current().is_some() {
        let (px, py) = m.graphics.now.ctm.apply(x0, y0);
        path_mut(m).line_to(px, py);
    } else {
        move_to(m, x0, y0);
    }
    let pieces = (((to - from).abs() / 90.0).ceil() as u32).min(ARC_PIECES_MAX);
    let step = (to - from) / f64::from(pieces.max(1));
    let reach = 4.0 / 3.0 * (step.to_radians() / 4.0).tan() * radius;
    for piece in 0..pieces {
        let (ax, ay, asin, acos) = at(from + step * f64::from(piece));
        let (bx, by, bsin, bcos) = at(from + step * f64::from(piece + 1));
        curve_to(m, [ax - reach * asin, ay + reach * acos, bx + reach * bsin, by - reach * bcos, bx, by]);
    }
    Ok(())
}

/// Arcs that go round more often show nothing new.
const ARC_PIECES_MAX: u32 = 64;

/// `arct`: the arc that touches two lines; returns the points of contact.
fn tangent_arc(m: &mut Machine) -> Result<[f64; 4], Fault> {
    let [x1, y1, x2, y2, radius] = m.pop_numbers()?;
    let (x0, y0) = current_point(m)?;
    let (ax, ay, bx, by) = (x0 - x1, y0 - y1, x2 - x1, y2 - y1);
    let (la, lb) = (ax.hypot(ay), bx.hypot(by));
    let cross = ax * by - ay * bx;
    if la == 0.0 || lb == 0.0 || cross == 0.0 {
        let (px, py) = m.graphics.now.ctm.apply(x1, y1);
        path_mut(m).line_to(px, py);
        return Ok([x1, y1, x1, y1]);
    }
    let cos = ((ax * bx + ay * by) / (la * lb)).clamp(-1.0, 1.0);
    let reach = radius / (cos.acos() / 2.0).tan();
    let (tx1, ty1) = (x1 + ax / la * reach, y1 + ay / la * reach);
    let (tx2, ty2) = (x1 + bx / lb * reach, y1 + by / lb * reach);
    let (px, py) = m.graphics.now.ctm.apply(tx1, ty1);
    path_mut(m).line_to(px, py);
    // The control points lie on the lines, toward the corner.
    let share = 4.0 / 3.0 * ((std::f64::consts::PI - cos.acos()) / 4.0).tan() * radius / reach;
    curve_to(
        m,
        [
            tx1 + (x1 - tx1) * share,
            ty1 + (y1 - ty1) * share,
            tx2 + (x1 - tx2) * share,
            ty2 + (y1 - ty2) * share,
            tx2,
            ty2,
        ],
    );
    Ok([tx1, ty1, tx2, ty2])
}

/// A path around a rectangle of device space.
pub(super) fn rectangle_path(rect: Rect) -> Path {
    let mut path = Path::default();
    path.move_to(rect.x0, rect.y0);
    path.line_to(rect.x1, rect.y0);
    path.line_to(rect.x1, rect.y1);
    path.line_to(rect.x0, rect.y1);
    path.close();
    path
}

fn pathbbox(m: &mut Machine) -> Done {
    let path = &m.graphics.now.path;
    if path.current().is_none() {
        return Err(ErrorName::NoCurrentPoint.into());
    }
    let back = m.graphics.now.ctm.inverse().ok_or(ErrorName::UndefinedResult)?;
    let bounds = back.bounds(path.bounds());
    for edge in [bounds.x0, bounds.y0, bounds.x1, bounds.y1] {
        m.push_real(edge)?;
    }
    Ok(())
}

fn pathforall(m: &mut Machine) -> Done {
    let (close, curve, line, move_) =
        (m.pop_procedure()?, m.pop_procedure()?, m.pop_procedure()?, m.pop_procedure()?);
    let back = m.graphics.now.ctm.inverse().ok_or(ErrorName::UndefinedResult)?;
    let path = Arc::clone(&m.graphics.now.path);
    m.begin(Walk { path, at: 0, back, procedures: [move_, line, curve, close] })
}

struct Walk {
    path: Arc<Path>,
    at: usize,
    back: Matrix,
    procedures: [Object; 4],
}

impl Task for Walk {
    fn step(&mut self, m: &mut Machine) -> Result<Next, Fault> {
        let Some(segment) = self.path.segments().get(self.at) else { return Ok(Next::Done) };
        self.at += 1;
        let mut points = |list: &[(f64, f64)]| {
            list.iter().try_for_each(|(x, y)| {
                let (x, y) = self.back.apply(*x, *y);
                m.push_real(x)?;
                m.push_real(y)
            })
        };
        let [move_, line, curve, close] = self.procedures;
        let procedure = match *segment {
            Segment::Move(x, y) => {
                points(&[(x, y)])?;
                move_
            }
            Segment::Line(x, y) => {
                points(&[(x, y)])?;
                line
            }
            Segment::Curve([a, b, c, d, e, f]) => {
                points(&[(a, b), (c, d), (e, f)])?;
                curve
            }
            Segment::Close => close,
        };
        Ok(Next::Call(procedure))
    }

    fn roots(&self) -> Vec<Object> {
        self.procedures.to_vec()
    }

    fn is_loop(&self) -> bool {
        true
    }
}

fn clip_to_path(m: &mut Machine) {
    let path = &m.graphics.now.path;
    let bounds = if path.is_drawn() { path.bounds() } else { Rect::NOWHERE };
    clip_to(m, bounds);
}

/// Cuts the clipping area down to a rectangle of device space; one without area lets nothing through.
pub(super) fn clip_to(m: &mut Machine, bounds: Rect) {
    let (width, height) = bounds.size();
    let solid = width > 0.0 && height > 0.0;
    m.graphics.now.clip = if solid { m.graphics.now.clip.and(bounds) } else { Rect::NOWHERE };
}

/// The rectangles of `rectfill`, `rectstroke` and `rectclip`: four numbers, or an array or string of numbers.
pub(super) fn rectangles(m: &mut Machine) -> Result<Vec<Rect>, Fault> {
    let numbers = match m.operands.peek(0)? {
        Object::Array(_, span) => {
            m.pop()?;
            m.numbers(span)?
        }
        Object::String(_, span) => {
            m.pop()?;
            encoded_numbers(m.vm.string(span)).ok_or(ErrorName::TypeCheck)?
        }
        _ => m.pop_numbers::<4>()?.to_vec(),
    };
    if numbers.len() % 4 != 0 {
        return Err(ErrorName::TypeCheck.into());
    }
    Ok(numbers.chunks_exact(4).map(|n| Rect::new(n[0], n[1], n[0] + n[2], n[1] + n[3])).collect())
}

/// An encoded number string (PLRM 3.14.5, table 3.29).
pub(super) fn encoded_numbers(bytes: &[u8]) -> Option<Vec<f64>> {
    let [149, form, high, low, rest @ ..] = bytes else { return None };
    let little = *form >= 128;
    let count = usize::from(if little {
        u16::from_le_bytes([*high, *low])
    } else {
        u16::from_be_bytes([*high, *low])
    });
    let form = form & 127;
    let word = |four: &[u8]| {
        let four = [four[0], four[1], four[2], four[3]];
        if little { u32::from_le_bytes(four) } else { u32::from_be_bytes(four) }
    };
    let numbers: Vec<f64> = match form {
        0..=31 => {
            rest.chunks_exact(4).map(|four| f64::from(word(four) as i32) / f64::from(form).exp2()).collect()
        }
        32..=47 => rest
            .chunks_exact(2)
            .map(|two| {
                if little {
                    i16::from_le_bytes([two[0], two[1]])
                } else {
                    i16::from_be_bytes([two[0], two[1]])
                }
            })
            .map(|number| f64::from(number) / f64::from(form - 32).exp2())
            .collect(),
        48 | 49 => rest.chunks_exact(4).map(|four| f64::from(f32::from_bits(word(four)))).collect(),
        _ => return None,
    };
    (numbers.len() >= count).then(|| numbers[..count].to_vec())
}

/// A user path (PLRM 4.6): an array with operands and path operators, or a pair of numbers and operator codes.
pub(super) fn user_path_of(m: &mut Machine, object: Object) -> Result<Path, Fault> {
    let Object::Array(_, span) = object else { return Err(ErrorName::TypeCheck.into()) };
    let items = m.vm.array(span).to_vec();
    let saved = std::mem::take(&mut m.graphics.now.path);
    let result = match items[..] {
        [numbers, Object::String(_, operators)] => encoded_user_path(m, numbers, operators),
        _ => {
            let mut result = Ok(());
            for item in items {
                result = match item {
                    Object::Name(_, name) => match m.lookup_operator(name) {
                        Some(operator) => m.execute(operator),
                        None => Err(ErrorName::TypeCheck.into()),
                    },
                    other => m.execute(other),
                };
                if result.is_err() {
                    break;
                }
            }
            result
        }
    };
    let path = std::mem::replace(&mut m.graphics.now.path, saved);
    result?;
    Ok(Arc::unwrap_or_clone(path))
}

/// Operator codes of encoded user paths and how many numbers each takes.
const PATH_CODES: [(&str, usize); 12] = [
    ("setbbox", 4),
    ("moveto", 2),
    ("rmoveto", 2),
    ("lineto", 2),
    ("rlineto", 2),
    ("curveto", 6),
    ("rcurveto", 6),
    ("arc", 5),
    ("arcn", 5),
    ("arct", 5),
    ("closepath", 0),
    ("ucache", 0),
];

fn encoded_user_path(m: &mut Machine, numbers: Object, operators: Span) -> Done {
    let numbers = match numbers {
        Object::Array(_, span) => m.numbers(span)?,
        Object::String(_, span) => encoded_numbers(m.vm.string(span)).ok_or(ErrorName::TypeCheck)?,
        _ => return Err(ErrorName::TypeCheck.into()),
    };
    let mut numbers = numbers.into_iter();
    let mut times = 1;
    for code in m.vm.string(operators).to_vec() {
        if code > 32 {
            times = u32::from(code) - 32;
            continue;
        }
        let (name, count) = PATH_CODES.get(usize::from(code)).ok_or(ErrorName::TypeCheck)?;
        for _ in 0..times {
            for _ in 0..*count {
                m.push_real(numbers.next().ok_or(ErrorName::TypeCheck)?)?;
            }
            let name = m.names.intern(name.as_bytes())?;
            let operator = m.lookup_operator(name).ok_or(ErrorName::TypeCheck)?;
            m.execute(operator)?;
        }
        times = 1;
    }
    Ok(())
}

impl Machine {
    /// The operator of this name in systemdict, whatever programs made of it.
    pub(super) fn lookup_operator(&self, name: super::Name) -> Option<Object> {
        self.dict_get(self.system.system, name).filter(|value| matches!(value, Object::Operator(_)))
    }
}
