//! Functions of both languages (ISO 32000-1 7.10, PLRM 3.10): tint transformations and the colours of shadings.

/// A function of one or more numbers.
#[derive(Clone, Debug)]
pub(crate) struct Function {
    /// Lowest and highest input, for each input.
    pub(crate) domain: Vec<f64>,
    /// Lowest and highest output, for each output; empty where nothing is cut off.
    pub(crate) range: Vec<f64>,
    pub(crate) kind: Kind,
}

/// What a function computes.
#[derive(Clone, Debug)]
pub(crate) enum Kind {
    /// Type 0: a table, read at the nearest entries.
    Sampled(Table),
    /// Type 2.
    Exponential { from: Vec<f64>, to: Vec<f64>, exponent: f64 },
    /// Type 3.
    Stitched { functions: Vec<Function>, bounds: Vec<f64>, encode: Vec<f64> },
    /// Type 4: a program.
    Calculator(Vec<Step>),
    /// Several functions of the same inputs, one output each.
    Parallel(Vec<Function>),
    /// The outputs are the inputs.
    Identity,
}

/// The table of a sampled function.
#[derive(Clone, Debug)]
pub(crate) struct Table {
    /// Entries along each input.
    pub(crate) size: Vec<usize>,
    pub(crate) bits: usize,
    pub(crate) encode: Vec<f64>,
    pub(crate) decode: Vec<f64>,
    pub(crate) outputs: usize,
    pub(crate) data: Vec<u8>,
}

/// A step of a calculator program.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Step {
    Push(f64),
    Operator(Operator),
    If(Vec<Step>),
    IfElse(Vec<Step>, Vec<Step>),
}

macro_rules! operators {
    ($($variant:ident = $name:literal),* $(,)?) => {
        /// An operator of the calculator (ISO 32000-1 table 42).
        #[derive(Clone, Copy, Debug, Eq, PartialEq)]
        pub(crate) enum Operator {
            $($variant,)*
        }

        impl Operator {
            /// The operator with this name.
            pub(crate) fn named(name: &[u8]) -> Option<Self> {
                [$(($name, Self::$variant)),*].into_iter().find(|(known, _)| known.as_bytes() == name).map(|(_, found)| found)
            }
        }
    };
}

operators! {
    Abs = "abs", Add = "add", Atan = "atan", Ceiling = "ceiling", Cos = "cos", Cvi = "cvi", Cvr = "cvr", Div = "div",
    Exp = "exp", Floor = "floor", Idiv = "idiv", Ln = "ln", Log = "log", Mod = "mod", Mul = "mul", Neg = "neg",
    Round = "round", Sin = "sin", Sqrt = "sqrt", Sub = "sub", Truncate = "truncate", And = "and", Bitshift = "bitshift",
    Eq = "eq", False = "false", Ge = "ge", Gt = "gt", Le = "le", Lt = "lt", Ne = "ne", Not = "not", Or = "or",
    True = "true", Xor = "xor", Copy = "copy", Dup = "dup", Exch = "exch", Index = "index", Pop = "pop", Roll = "roll",
}

/// Numbers a calculator may hold.
const STACK_MAX: usize = 128;
/// Functions inside functions.
const DEPTH_MAX: u32 = 16;

impl Function {
    /// The outputs at a point.
    pub(crate) fn at(&self, inputs: &[f64]) -> Vec<f64> {
        self.nested(inputs, 0)
    }

    fn nested(&self, inputs: &[f64], depth: u32) -> Vec<f64> {
        if depth > DEPTH_MAX {
            return Vec::new();
        }
        let inputs: Vec<f64> =
            inputs.iter().enumerate().map(|(index, input)| within(&self.domain, index, *input)).collect();
        let x = inputs.first().copied().unwrap_or(0.0);
        let mut outputs = match &self.kind {
            Kind::Identity => inputs,
            Kind::Parallel(functions) => {
                functions.iter().flat_map(|function| function.nested(&inputs, depth + 1)).collect()
            }
            Kind::Sampled(table) => table.at(&self.domain, &inputs),
            Kind::Exponential { from, to, exponent } => {
                let share = x.powf(*exponent);
                from.iter().zip(to).map(|(from, to)| from + share * (to - from)).collect()
            }
            Kind::Stitched { functions, bounds, encode } => {
                self.stitched(functions, bounds, encode, x, depth)
            }
            Kind::Calculator(program) => {
                let mut stack = inputs;
                run(program, &mut stack, 0);
                let wanted = self.range.len() / 2;
                stack.split_off(stack.len().saturating_sub(wanted))
            }
        };
        for (index, output) in outputs.iter_mut().enumerate() {
            *output = within(&self.range, index, *output);
        }
        outputs
    }

    fn stitched(&self, functions: &[Self], bounds: &[f64], encode: &[f64], x: f64, depth: u32) -> Vec<f64> {
        let index =
            bounds.iter().take_while(|bound| x >= **bound).count().min(functions.len().saturating_sub(1));
        let low = match index.checked_sub(1) {
            Some(before) => bounds[before],
            None => self.domain.first().copied().unwrap_or(0.0),
        };
        let high = bounds.get(index).copied().unwrap_or(self.domain.get(1).copied().unwrap_or(1.0));
        let (from, to) = pair(encode, index).unwrap_or((0.0, 1.0));
        let inner = if high > low { from + (x - low) / (high - low) * (to - from) } else { from };
        functions.get(index).map(|function| function.nested(&[inner], depth + 1)).unwrap_or_default()
    }

    /// Places along the first input where the function may bend: between them it runs smoothly.
    pub(crate) fn knots(&self) -> Vec<f64> {
        match &self.kind {
            Kind::Stitched { bounds, .. } => bounds.clone(),
            Kind::Parallel(functions) => functions.iter().flat_map(Self::knots).collect(),
            _ => Vec::new(),
        }
    }
}

fn pair(list: &[f64], index: usize) -> Option<(f64, f64)> {
    match list.get(2 * index..2 * index + 2) {
        Some([low, high]) => Some((*low, *high)),
        _ => None,
    }
}

fn within(limits: &[f64], index: usize, value: f64) -> f64 {
    match pair(limits, index) {
        Some((low, high)) => value.max(low).min(high),
        None => value,
    }
}

impl Table {
    /// The entries around the point, weighed by their nearness along the first input; along others the nearest.
    fn at(&self, domain: &[f64], inputs: &[f64]) -> Vec<f64> {
        let mut place = 0_usize;
        let mut stride = 1_usize;
        let mut next = None;
        for (index, input) in inputs.iter().enumerate() {
            let count = self.size.get(index).copied().unwrap_or(1).max(1);
            let (low, high) = pair(domain, index).unwrap_or((0.0, 1.0));
            let (from, to) = pair(&self.encode, index).unwrap_or((0.0, (count - 1) as f64));
            let share = if high > low { (input - low) / (high - low) } else { 0.0 };
            let at = (from + share * (to - from)).clamp(0.0, (count - 1) as f64);
            if index == 0 {
                let whole = at.floor() as usize;
                place += whole;
                next = (whole + 1 < count).then_some((1, at.fract()));
            } else {
                place = place.saturating_add((at.round() as usize).saturating_mul(stride));
            }
            stride = stride.saturating_mul(count);
        }
        (0..self.outputs)
            .map(|output| {
                let here = self.entry(place, output);
                match next {
                    Some((step, share)) if share > 0.0 => {
                        here + share * (self.entry(place + step, output) - here)
                    }
                    _ => here,
                }
            })
            .collect()
    }

    fn entry(&self, place: usize, output: usize) -> f64 {
        let first = place.saturating_mul(self.outputs).saturating_add(output).saturating_mul(self.bits);
        let value = (first..first.saturating_add(self.bits)).fold(0_u64, |value, bit| {
            let byte = self.data.get(bit / 8).copied().unwrap_or(0);
            value << 1 | u64::from(byte >> (7 - bit % 8) & 1)
        });
        let highest = ((1_u64 << self.bits.min(63)) - 1).max(1) as f64;
        let (low, high) = pair(&self.decode, output).unwrap_or((0.0, 1.0));
        low + value as f64 / highest * (high - low)
    }
}

/// Runs a calculator program; a stack that runs dry reads zeros.
fn run(program: &[Step], stack: &mut Vec<f64>, depth: u32) {
    if depth > DEPTH_MAX {
        return;
    }
    for step in program {
        match step {
            Step::Push(value) => stack.push(*value),
            Step::If(then) => {
                if stack.pop().unwrap_or(0.0) != 0.0 {
                    run(then, stack, depth + 1);
                }
            }
            Step::IfElse(then, otherwise) => {
                let condition = stack.pop().unwrap_or(0.0) != 0.0;
                run(if condition { then } else { otherwise }, stack, depth + 1);
            }
            Step::Operator(operator) => operate(*operator, stack),
        }
        stack.truncate(STACK_MAX);
    }
}

fn operate(operator: Operator, stack: &mut Vec<f64>) {
    let truth = |value: bool| f64::from(u8::from(value));
    let mut pop = || stack.pop().unwrap_or(0.0);
    let result = match operator {
        Operator::True => 1.0,
        Operator::False => 0.0,
        Operator::Abs => pop().abs(),
        Operator::Ceiling => pop().ceil(),
        Operator::Floor => pop().floor(),
        Operator::Round => (pop() + 0.5).floor(),
        Operator::Truncate | Operator::Cvi => pop().trunc(),
        Operator::Cvr => pop(),
        Operator::Neg => -pop(),
        Operator::Sqrt => pop().max(0.0).sqrt(),
        Operator::Sin => pop().to_radians().sin(),
        Operator::Cos => pop().to_radians().cos(),
        Operator::Ln => pop().max(f64::MIN_POSITIVE).ln(),
        Operator::Log => pop().max(f64::MIN_POSITIVE).log10(),
        Operator::Not => {
            // A boolean is 0 or 1 here; other integers are turned bit by bit.
            let value = pop();
            if value == 0.0 || value == 1.0 { 1.0 - value } else { !(value as i64) as f64 }
        }
        Operator::Pop => {
            pop();
            return;
        }
        Operator::Dup => {
            let value = pop();
            stack.extend([value, value]);
            return;
        }
        Operator::Copy => {
            let count = (pop().max(0.0) as usize).min(STACK_MAX).min(stack.len());
            stack.extend_from_within(stack.len() - count..);
            return;
        }
        Operator::Index => {
            let below = pop().max(0.0) as usize;
            stack.len().checked_sub(below.saturating_add(1)).map_or(0.0, |index| stack[index])
        }
        Operator::Roll => {
            let (by, count) = (pop() as i64, pop().max(0.0) as usize);
            let count = count.min(stack.len());
            if count > 0 {
                let start = stack.len() - count;
                stack[start..].rotate_right(by.rem_euclid(count as i64) as usize);
            }
            return;
        }
        Operator::Exch => {
            let (b, a) = (pop(), pop());
            stack.extend([b, a]);
            return;
        }
        binary => {
            let (b, a) = (pop(), pop());
            match binary {
                Operator::Add => a + b,
                Operator::Sub => a - b,
                Operator::Mul => a * b,
                Operator::Div => a / b,
                Operator::Idiv => (a / b).trunc(),
                Operator::Mod => a % b,
                Operator::Exp => a.powf(b),
                Operator::Atan => a.atan2(b).to_degrees().rem_euclid(360.0),
                Operator::Bitshift => match b as i64 {
                    shift @ 0..=31 => ((a as i64) << shift) as f64,
                    shift @ -31..=-1 => ((a as i64) >> -shift) as f64,
                    _ => 0.0,
                },
                Operator::And => (a as i64 & b as i64) as f64,
                Operator::Or => (a as i64 | b as i64) as f64,
                Operator::Xor => (a as i64 ^ b as i64) as f64,
                Operator::Eq => truth(a == b),
                Operator::Ne => truth(a != b),
                Operator::Gt => truth(a > b),
                Operator::Ge => truth(a >= b),
                Operator::Lt => truth(a < b),
                Operator::Le => truth(a <= b),
                _ => 0.0,
            }
        }
    };
    stack.push(if result.is_finite() { result } else { 0.0 });
}

#[cfg(test)]
mod tests {
    use super::*;

    fn calculator(program: Vec<Step>, outputs: usize) -> Function {
        let range = [0.0, 10.0].repeat(outputs);
        Function { domain: vec![0.0, 1.0], range, kind: Kind::Calculator(program) }
    }

    #[test]
    fn programs_run() {
        let op = |name: &str| Step::Operator(Operator::named(name.as_bytes()).expect("known"));
        // { dup 0.5 gt { 1 exch sub } { 2 mul } ifelse }
        let program = vec![
            op("dup"),
            Step::Push(0.5),
            op("gt"),
            Step::IfElse(vec![Step::Push(1.0), op("exch"), op("sub")], vec![Step::Push(2.0), op("mul")]),
        ];
        let function = calculator(program, 1);
        assert_eq!(function.at(&[0.25]), [0.5]);
        assert_eq!(function.at(&[0.75]), [0.25]);
        let roll = calculator(
            vec![Step::Push(2.0), Step::Push(3.0), Step::Push(3.0), Step::Push(1.0), op("roll")],
            3,
        );
        assert_eq!(roll.at(&[1.0]), [3.0, 1.0, 2.0]);
        assert_eq!(
            calculator(vec![op("pop"), op("pop"), op("add")], 1).at(&[1.0]),
            [0.0],
            "a dry stack reads zeros"
        );
    }

    #[test]
    fn tables_and_stitches_interpolate() {
        let table = Table {
            size: vec![3],
            bits: 8,
            encode: Vec::new(),
            decode: vec![0.0, 1.0],
            outputs: 1,
            data: vec![0, 255, 0],
        };
        let sampled = Function { domain: vec![0.0, 1.0], range: vec![0.0, 1.0], kind: Kind::Sampled(table) };
        assert_eq!(sampled.at(&[0.25]), [0.5]);
        assert_eq!(sampled.at(&[0.5]), [1.0]);
        let ramp = |from: f64, to: f64| Function {
            domain: vec![0.0, 1.0],
            range: Vec::new(),
            kind: Kind::Exponential { from: vec![from], to: vec![to], exponent: 1.0 },
        };
        let stitched = Function {
            domain: vec![0.0, 1.0],
            range: Vec::new(),
            kind: Kind::Stitched {
                functions: vec![ramp(0.0, 1.0), ramp(5.0, 6.0)],
                bounds: vec![0.5],
                encode: vec![0.0, 1.0, 0.0, 1.0],
            },
        };
        assert_eq!(stitched.at(&[0.25]), [0.5]);
        assert_eq!(stitched.at(&[0.5]), [5.0]);
        assert_eq!(stitched.at(&[2.0]), [6.0], "inputs are cut off");
    }
}
