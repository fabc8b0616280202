//! The interpreter: its stacks and the loop that runs programs (PLRM 3.5).
//!
//! Nothing here recurses with the program: every procedure, loop and unfinished operator is a [`Frame`], so the
//! interpreter can stop at any byte of the job and go on when there is more.

use std::collections::HashMap;
use std::sync::Arc;

use super::device::{Device, PageDevice};
use super::dict::Key;
use super::dsc::Dsc;
use super::files::{File, Fill, fill};
use super::gstate::Graphics;
use super::known::Known;
use super::names::Names;
use super::object::{Attributes, DictId, Done, ErrorName, Fault, FileId, Name, Object, OperatorId, Span};
use super::ops::{Glyph, GlyphInWork, OPERATORS};
use super::scanner::{Scanned, Scanner};
use super::stack::Operands;
use super::startup::Start;
use super::vm::Vm;

/// One PostScript interpreter running one job.
pub(super) struct Machine {
    pub(super) names: Names,
    pub(super) known: Known,
    pub(super) vm: Vm,
    pub(super) operands: Operands,
    pub(super) frames: Vec<Frame>,
    pub(super) dicts: Vec<DictId>,
    pub(super) scanner: Scanner,
    pub(super) dsc: Dsc,
    pub(super) graphics: Graphics,
    pub(super) device: Device,
    pub(super) system: SystemDicts,
    /// The job's file.
    pub(super) job: FileId,
    /// What the error about to be raised is about.
    pub(super) culprit: Object,
    /// The last bytes of the job so far may begin a Universal Exit Language sequence.
    pub(super) held_back: bool,
    /// Bytes behind the end of the job that were in the last piece.
    pub(super) left_over: Option<usize>,
    /// Objects only this interpreter refers to.
    pub(super) kept: Vec<Object>,
    /// The random number generator's state.
    pub(super) random: i64,
    /// Why the colours may be others than found.
    pub(super) doubt: Option<&'static str>,
    /// The glyph a font procedure is painting now.
    pub(super) glyph: Option<GlyphInWork>,
    /// Glyphs of font procedures that were painted: font, name, code, in colour.
    pub(super) glyphs: HashMap<(u32, u32, u32, bool), Glyph>,
    /// `setobjectformat`: 0 turns binary tokens off.
    pub(super) object_format: i64,
    font_ids: u32,
    nested: u32,
    steps_left: u64,
    failure: Option<Failure>,
}

/// The dictionaries every program finds.
#[derive(Clone, Copy, Debug)]
pub(super) struct SystemDicts {
    pub(super) system: DictId,
    pub(super) global: DictId,
    pub(super) user: DictId,
    pub(super) errors: DictId,
    pub(super) error: DictId,
    pub(super) status: DictId,
    pub(super) fonts: DictId,
    pub(super) resources: DictId,
    pub(super) internal: DictId,
}

/// How a job ended that did not run to its end.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Failure {
    /// The program raised an error nobody caught.
    Error { name: ErrorName, command: String },
    /// A limit of this interpreter.
    Limit(&'static str),
}

/// Why the interpreter stopped running.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Pause {
    /// It needs more of the job.
    NeedInput,
    /// The job is over.
    Finished,
}

/// An element of the execution stack.
pub(super) enum Frame {
    /// A procedure: the array, the next element, the end.
    Procedure {
        id: u32,
        at: u32,
        end: u32,
    },
    /// A file or string being executed.
    File(FileId),
    /// `stopped` waits here.
    Stopped,
    /// A call from Rust ends here.
    Barrier,
    Loop(Object),
    Repeat {
        left: i64,
        procedure: Object,
    },
    ForInt {
        value: i64,
        step: i64,
        limit: i64,
        procedure: Object,
    },
    ForReal {
        value: f32,
        step: f32,
        limit: f32,
        procedure: Object,
    },
    Forall {
        items: Span,
        at: u32,
        procedure: Object,
    },
    /// An operator with more to do.
    Task(Box<dyn Task>),
}

/// An operator that works in several steps, with procedures or more input in between.
pub(super) trait Task: Send {
    /// Does the next step. After an error the task is gone; after [`Fault::NeedInput`] or [`Fault::CallSource`] the
    /// same step is taken again.
    fn step(&mut self, machine: &mut Machine) -> Result<Next, Fault>;

    /// Objects the task refers to.
    fn roots(&self) -> Vec<Object> {
        Vec::new()
    }

    /// Whether `exit` ends it.
    fn is_loop(&self) -> bool {
        false
    }
}

/// What a task wants next.
#[derive(Clone, Copy, Debug)]
pub(super) enum Next {
    /// It is done.
    Done,
    /// That this is executed, then to be called again.
    Call(Object),
}

/// Steps every job may take, and steps it may take for each of its bytes: far more than any document needs, some
/// seconds of work.
const STEPS: u64 = 200_000_000;
const STEPS_PER_BYTE: u64 = 64;
const FRAMES_MAX: usize = 20_000;
const NESTED_MAX: u32 = 24;
/// How often the need for a collection of garbage is looked at.
const COLLECT_STEPS: u64 = 1_024;

impl Machine {
    /// A fresh interpreter.
    pub(super) fn new() -> Self {
        let Start { names, known, contents, system, page_params } = Start::of_a_job();
        let mut vm = Vm::with_contents(contents);
        vm.global = true;
        let job = vm.new_file(File::job()).unwrap_or(FileId(0));
        vm.global = false;
        let gray = Object::name(known.device_gray);
        let mut machine = Self {
            graphics: Graphics::default(),
            device: Device::default(),
            operands: Operands::default(),
            frames: vec![Frame::File(job)],
            dicts: vec![system.system, system.global, system.user],
            scanner: Scanner::default(),
            dsc: Dsc::default(),
            culprit: Object::Null,
            held_back: false,
            left_over: None,
            kept: Vec::new(),
            random: 1,
            doubt: None,
            glyph: None,
            glyphs: HashMap::new(),
            object_format: 1,
            font_ids: 0,
            nested: 0,
            steps_left: STEPS,
            failure: None,
            names,
            known,
            vm,
            system,
            job,
        };
        machine.device.gray_space = gray;
        machine.graphics.now.colour.space = gray;
        machine.graphics.now.page =
            Arc::new(PageDevice { params: Object::Dict(page_params), ..PageDevice::default() });
        machine
    }

    /// The next piece of the job.
    pub(super) fn push(&mut self, bytes: &[u8]) {
        self.steps_left = self.steps_left.saturating_add((bytes.len() as u64).saturating_mul(STEPS_PER_BYTE));
        self.held_back = false;
        if let Some(job) = self.vm.file_mut(self.job) {
            job.append(bytes);
        }
    }

    /// There will be no more of the job.
    pub(super) fn end_input(&mut self) {
        self.held_back = false;
        if let Some(job) = self.vm.file_mut(self.job) {
            job.set_over();
        }
    }

    /// The job ends here, but for so many bytes; what lies behind them is not part of it.
    pub(super) fn end_job(&mut self, length: usize) {
        if let Some(job) = self.vm.file_mut(self.job) {
            job.take(length);
            let left = job.available().len();
            self.left_over = Some(left);
            job.retract(left);
            job.set_over();
        }
    }

    /// Gives the bytes back that may belong to a Universal Exit Language sequence; says how many.
    pub(super) fn hold_back(&mut self) -> usize {
        match self.vm.file_mut(self.job) {
            Some(job) => {
                let held = job.available().len();
                job.retract(held);
                held
            }
            None => 0,
        }
    }

    /// How the job failed, if it did.
    pub(super) fn failure(&self) -> Option<&Failure> {
        self.failure.as_ref()
    }

    /// Runs until the job is over or more of it is needed.
    pub(super) fn run(&mut self) -> Pause {
        match self.run_frames(0) {
            Ok(()) => Pause::Finished,
            Err(Fault::NeedInput) => Pause::NeedInput,
            Err(Fault::Limit(what)) => {
                self.failure = Some(Failure::Limit(what));
                self.frames.clear();
                Pause::Finished
            }
            Err(Fault::Error(_) | Fault::Stop | Fault::Quit | Fault::CallSource { .. }) => {
                self.frames.clear();
                Pause::Finished
            }
        }
    }

    /// Runs a procedure that must end without more input: a tint transformation, a halftone, a callback.
    ///
    /// # Errors
    /// Whatever it raises.
    pub(super) fn call(&mut self, procedure: Object) -> Done {
        if self.nested >= NESTED_MAX {
            return Err(ErrorName::ExecStackOverflow.into());
        }
        let floor = self.frames.len();
        self.frames.push(Frame::Barrier);
        self.nested += 1;
        let result = self.execute(procedure).and_then(|()| self.run_frames(floor + 1));
        self.nested -= 1;
        self.frames.truncate(floor);
        match result {
            // The bytes are there only once the job has been read further; such a callback is not supported.
            Err(Fault::NeedInput | Fault::CallSource { .. }) => Err(ErrorName::IoError.into()),
            Err(Fault::Stop) => Err(ErrorName::UnregisteredError.into()),
            other => other,
        }
    }

    fn run_frames(&mut self, floor: usize) -> Done {
        while self.frames.len() > floor {
            self.steps_left = match self.steps_left.checked_sub(1) {
                Some(left) => left,
                None => return Err(Fault::Limit("the program runs too long")),
            };
            if self.steps_left.is_multiple_of(COLLECT_STEPS) && self.nested == 0 && self.vm.wants_collection()
            {
                self.collect();
            }
            let before = self.operands.len();
            match self.step() {
                Ok(()) => {}
                Err(Fault::Error(name)) => {
                    self.operands.rewind(before);
                    self.raise(name, floor)?;
                }
                Err(Fault::Stop) => self.stop(floor)?,
                Err(Fault::CallSource { procedure, given }) => {
                    self.push_frame(Frame::Task(Box::new(Deliver { given })))?;
                    self.execute(procedure)?;
                }
                Err(other) => return Err(other),
            }
        }
        Ok(())
    }

    /// Takes one step of the innermost frame.
    fn step(&mut self) -> Done {
        let Some(frame) = self.frames.last_mut() else { return Ok(()) };
        match frame {
            Frame::Procedure { id, at, end } => {
                let (array, index) = (*id, *at);
                if index + 1 < *end {
                    *at += 1;
                } else {
                    self.frames.pop();
                }
                let object = self.vm.element(array, index);
                self.meet(object)
            }
            Frame::File(file) => {
                let file = *file;
                match self.scan(file)? {
                    Scanned::Object(object) => self.meet(object),
                    Scanned::Sequence(object) => self.execute(object),
                    Scanned::End => {
                        self.frames.pop();
                        Ok(())
                    }
                }
            }
            Frame::Stopped => {
                self.frames.pop();
                self.operands.push(Object::Bool(false))
            }
            Frame::Barrier => {
                self.frames.pop();
                Ok(())
            }
            Frame::Loop(procedure) => {
                let procedure = *procedure;
                self.execute(procedure)
            }
            Frame::Repeat { left, procedure } => {
                let procedure = *procedure;
                if *left <= 0 {
                    self.frames.pop();
                    return Ok(());
                }
                *left -= 1;
                self.execute(procedure)
            }
            Frame::ForInt { value, step, limit, procedure } => {
                let (now, procedure) = (*value, *procedure);
                let over = if *step > 0 { now > *limit } else { now < *limit };
                match now.checked_add(*step) {
                    Some(next) if !over => *value = next,
                    _ => {
                        self.frames.pop();
                        if over {
                            return Ok(());
                        }
                    }
                }
                self.operands.push(Object::Int(now))?;
                self.execute(procedure)
            }
            Frame::ForReal { value, step, limit, procedure } => {
                let (now, procedure) = (*value, *procedure);
                let over = if *step > 0.0 { now > *limit } else { now < *limit };
                if over || now.is_nan() {
                    self.frames.pop();
                    return Ok(());
                }
                *value = now + *step;
                self.operands.push(Object::Real(now))?;
                self.execute(procedure)
            }
            Frame::Forall { items, at, procedure } => {
                let (span, index, procedure) = (*items, *at, *procedure);
                if index >= span.len {
                    self.frames.pop();
                    return Ok(());
                }
                *at += 1;
                let item = self.vm.element(span.id, span.start + index);
                self.operands.push(item)?;
                self.execute(procedure)
            }
            Frame::Task(_) => self.step_task(),
        }
    }

    fn step_task(&mut self) -> Done {
        let Some(Frame::Task(mut task)) = self.frames.pop() else { return Ok(()) };
        let depth = self.frames.len();
        match task.step(self) {
            Ok(Next::Done) => Ok(()),
            Ok(Next::Call(object)) => {
                self.frames.insert(depth.min(self.frames.len()), Frame::Task(task));
                self.execute(object)
            }
            Err(fault @ (Fault::NeedInput | Fault::CallSource { .. })) => {
                self.frames.push(Frame::Task(task));
                Err(fault)
            }
            Err(fault) => Err(fault),
        }
    }

    /// An object comes up in a procedure or file: procedures are pushed, the rest is executed.
    fn meet(&mut self, object: Object) -> Done {
        match object {
            Object::Name(attributes, name) if attributes.is_executable() => self.execute_name(name, object),
            Object::Operator(id) => self.operate(id),
            Object::Array(..) => self.operands.push(object),
            other if other.is_executable() => self.execute(other),
            other => self.operands.push(other),
        }
    }

    fn execute_name(&mut self, name: Name, object: Object) -> Done {
        match self.lookup(name) {
            Some(Object::Operator(id)) => self.operate(id),
            Some(value) if value.is_executable() => {
                self.culprit = object;
                self.execute(value)
            }
            Some(value) => self.operands.push(value),
            None => {
                self.culprit = object;
                Err(ErrorName::Undefined.into())
            }
        }
    }

    fn operate(&mut self, id: OperatorId) -> Done {
        let (_, operator) = OPERATORS[usize::from(id.0)];
        self.culprit = Object::Operator(id);
        operator(self)
    }

    /// Executes an object whatever it is.
    pub(super) fn execute(&mut self, object: Object) -> Done {
        match object {
            Object::Array(attributes, span) if attributes.is_executable() => {
                if span.len > 0 {
                    self.push_frame(Frame::Procedure {
                        id: span.id,
                        at: span.start,
                        end: span.start + span.len,
                    })?;
                }
                Ok(())
            }
            Object::Name(attributes, name) if attributes.is_executable() => self.execute_name(name, object),
            Object::Operator(id) => self.operate(id),
            Object::String(attributes, span) if attributes.is_executable() => {
                let file = self.vm.new_file(File::memory(self.vm.string(span).to_vec()))?;
                self.push_frame(Frame::File(file))
            }
            Object::File(attributes, file) if attributes.is_executable() => {
                self.push_frame(Frame::File(file))
            }
            other => self.operands.push(other),
        }
    }

    /// A number no font has yet.
    pub(super) fn next_font_id(&mut self) -> u32 {
        self.font_ids += 1;
        self.font_ids
    }

    /// Puts a frame on the execution stack.
    pub(super) fn push_frame(&mut self, frame: Frame) -> Done {
        if self.frames.len() >= FRAMES_MAX {
            return Err(ErrorName::ExecStackOverflow.into());
        }
        self.frames.push(frame);
        Ok(())
    }

    /// Begins a task.
    pub(super) fn begin(&mut self, task: impl Task + 'static) -> Done {
        self.push_frame(Frame::Task(Box::new(task)))
    }

    /// The value of a name in the dictionaries of the stack.
    pub(super) fn lookup(&self, name: Name) -> Option<Object> {
        let key = Key::of_name(name);
        self.dicts.iter().rev().find_map(|dict| self.vm.dict(*dict).get(key))
    }

    /// The file being executed, or that a program reads from.
    pub(super) fn current_file(&self) -> Option<FileId> {
        self.frames.iter().rev().find_map(|frame| match frame {
            Frame::File(file) => Some(*file),
            _ => None,
        })
    }

    /// Ends the innermost loop.
    pub(super) fn exit_loop(&mut self) -> Done {
        let innermost = self.frames.iter().rposition(|frame| match frame {
            Frame::Loop(_)
            | Frame::Repeat { .. }
            | Frame::ForInt { .. }
            | Frame::ForReal { .. }
            | Frame::Forall { .. } => true,
            Frame::Stopped | Frame::Barrier | Frame::File(_) => true,
            Frame::Task(task) => task.is_loop(),
            Frame::Procedure { .. } => false,
        });
        match innermost.map(|index| (index, &self.frames[index])) {
            None | Some((_, Frame::Stopped | Frame::Barrier | Frame::File(_))) => {
                Err(ErrorName::InvalidExit.into())
            }
            Some((index, _)) => {
                self.frames.truncate(index);
                Ok(())
            }
        }
    }

    /// Unwinds to the innermost `stopped`.
    fn stop(&mut self, floor: usize) -> Done {
        self.scanner.reset();
        while self.frames.len() > floor {
            match self.frames.pop() {
                Some(Frame::Stopped) => return self.operands.push(Object::Bool(true)),
                Some(Frame::Barrier) | None => break,
                Some(_) => {}
            }
        }
        if floor == 0 {
            let error = self.last_error();
            self.failure.get_or_insert(error);
            self.frames.clear();
            return Ok(());
        }
        Err(Fault::Stop)
    }

    fn last_error(&self) -> Failure {
        let error = self.vm.dict(self.system.error);
        let text = |name: Name| match error.get(Key::of_name(name)) {
            Some(Object::Name(_, name)) => String::from_utf8_lossy(self.names.text(name)).into_owned(),
            Some(Object::Operator(id)) => OPERATORS[usize::from(id.0)].0.to_owned(),
            _ => String::new(),
        };
        let name = text(self.known.errorname);
        let name = ErrorName::ALL
            .into_iter()
            .find(|error| error.as_str() == name)
            .unwrap_or(ErrorName::UnregisteredError);
        Failure::Error { name, command: text(self.known.command) }
    }

    /// An error: the handler in `errordict` takes over (PLRM 3.11).
    fn raise(&mut self, name: ErrorName, floor: usize) -> Done {
        let culprit = self.culprit;
        let error_name = self.names.intern(name.as_str().as_bytes())?;
        let handler = self.vm.dict(self.system.errors).get(Key::of_name(error_name));
        match handler {
            Some(handler) if handler.is_procedure() => {
                self.operands.push(culprit)?;
                match self.execute(handler) {
                    Err(Fault::Error(_)) => Err(Fault::Limit("errors in error handlers")),
                    other => other,
                }
            }
            _ => {
                self.record_error(error_name, culprit)?;
                self.stop(floor)
            }
        }
    }

    /// What the default error handler leaves in `$error`.
    pub(super) fn record_error(&mut self, name: Name, culprit: Object) -> Done {
        let entries = [
            (self.known.newerror, Object::Bool(true)),
            (self.known.errorname, Object::name(name)),
            (self.known.command, culprit),
            (self.known.errorinfo, Object::Null),
        ];
        for (key, value) in entries {
            self.vm.dict_put(self.system.error, Object::name(key), value)?;
        }
        if self.vm.dict(self.system.error).get(Key::of_name(self.known.recordstacks))
            == Some(Object::Bool(true))
        {
            let operands =
                self.operands.as_slice().iter().rev().take(ERROR_STACK_MAX).rev().copied().collect();
            let span = self.vm.new_array(operands)?;
            self.vm.dict_put(
                self.system.error,
                Object::name(self.known.ostack),
                Object::Array(Attributes::new(false), span),
            )?;
            let dicts = self.dicts.iter().map(|dict| Object::Dict(*dict)).collect();
            let span = self.vm.new_array(dicts)?;
            self.vm.dict_put(
                self.system.error,
                Object::name(self.known.dstack),
                Object::Array(Attributes::new(false), span),
            )?;
            let span = self.vm.new_array(Vec::new())?;
            self.vm.dict_put(
                self.system.error,
                Object::name(self.known.estack),
                Object::Array(Attributes::new(false), span),
            )?;
        }
        Ok(())
    }

    fn collect(&mut self) {
        let mut roots: Vec<Object> = Vec::new();
        roots.extend_from_slice(self.operands.as_slice());
        roots.extend(self.dicts.iter().map(|dict| Object::Dict(*dict)));
        for frame in &self.frames {
            match frame {
                Frame::Procedure { id, .. } => {
                    roots.push(Object::Array(Attributes::default(), Span { id: *id, start: 0, len: 0 }));
                }
                Frame::File(file) => roots.push(Object::File(Attributes::default(), *file)),
                Frame::Stopped | Frame::Barrier => {}
                Frame::Loop(procedure) | Frame::Repeat { procedure, .. } => roots.push(*procedure),
                Frame::ForInt { procedure, .. } | Frame::ForReal { procedure, .. } => roots.push(*procedure),
                Frame::Forall { items, procedure, .. } => {
                    roots.push(Object::Array(Attributes::default(), *items));
                    roots.push(*procedure);
                }
                Frame::Task(task) => roots.extend(task.roots()),
            }
        }
        let system = self.system;
        let dicts = [system.system, system.global, system.user, system.errors, system.error, system.status];
        roots.extend(dicts.map(Object::Dict));
        roots.extend([system.fonts, system.resources, system.internal].map(Object::Dict));
        roots.push(Object::File(Attributes::default(), self.job));
        roots.push(self.culprit);
        roots.extend_from_slice(&self.kept);
        roots.extend(self.scanner.roots());
        roots.extend(self.graphics.roots());
        roots.push(self.device.gray_space);
        self.vm.collect(roots.into_iter());
    }
}

/// Operands copied into `$error`.
const ERROR_STACK_MAX: usize = 1_000;

/// Takes the string a source procedure left and gives it to the filter that asked for it.
struct Deliver {
    given: FileId,
}

impl Task for Deliver {
    fn step(&mut self, machine: &mut Machine) -> Result<Next, Fault> {
        let bytes = match machine.operands.pop()? {
            Object::String(_, span) => machine.vm.string(span).to_vec(),
            _ => return Err(ErrorName::TypeCheck.into()),
        };
        if let Some(file) = machine.vm.file_mut(self.given) {
            if bytes.is_empty() {
                file.set_over();
            } else {
                file.append(&bytes);
            }
        }
        Ok(Next::Done)
    }

    fn roots(&self) -> Vec<Object> {
        vec![Object::File(Attributes::default(), self.given)]
    }
}

impl Machine {
    /// Bytes of a file, at least one unless it is over.
    ///
    /// # Errors
    /// As [`fill`].
    pub(super) fn look(&mut self, file: FileId) -> Result<&[u8], Fault> {
        let empty = self.vm.file(file).is_none_or(|file| file.available().is_empty());
        if empty && fill(&mut self.vm, file)? == Fill::End {
            return Ok(&[]);
        }
        Ok(self.vm.file(file).map_or(&[], File::available))
    }

    /// Takes bytes that were looked at.
    pub(super) fn take(&mut self, file: FileId, count: usize) {
        if let Some(file) = self.vm.file_mut(file) {
            file.take(count);
        }
    }
}
