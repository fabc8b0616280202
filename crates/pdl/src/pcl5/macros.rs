//! Macros (PCL 5 Technical Reference, chapter 12): stored commands that can hold whole pages.

use std::collections::HashMap;
use std::sync::Arc;

use super::machine::Machine;
use super::scan::Scan;
use crate::accounting::Sink;

/// Bytes all macros of a stream can hold.
pub(super) const MACRO_BYTES_MAX: usize = 4 * 1024 * 1024;

/// Bytes of macros that are run for one stream: a short stream that runs long macros very often is cut off
/// here.
pub(super) const REPLAY_BYTES_MAX: u64 = 256 * 1024 * 1024;

/// A macro may run macros that run macros (chapter 12, "two levels of nesting").
const LEVELS_MAX: u8 = 3;

/// How macros are called.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) enum MacroId {
    Number(u64),
    Name(Vec<u8>),
}

#[derive(Clone, Debug)]
struct Macro {
    commands: Arc<[u8]>,
    permanent: bool,
}

/// Stored macros and the one being defined.
#[derive(Clone, Debug)]
pub(super) struct Macros {
    stored: HashMap<MacroId, Macro>,
    id: MacroId,
    definition: Option<Vec<u8>>,
    overlay: Option<MacroId>,
    level: u8,
    bytes: usize,
    replayed: u64,
}

impl Default for Macros {
    fn default() -> Self {
        Self {
            stored: HashMap::new(),
            id: MacroId::Number(0),
            definition: None,
            overlay: None,
            level: 0,
            bytes: 0,
            replayed: 0,
        }
    }
}

impl Macros {
    /// Whether commands are stored instead of being carried out.
    pub(super) fn is_defining(&self) -> bool {
        self.definition.is_some()
    }

    /// Adds bytes to the definition.
    pub(super) fn record(&mut self, bytes: &[u8]) {
        if let Some(definition) = &mut self.definition {
            let room = MACRO_BYTES_MAX.saturating_sub(self.bytes + definition.len());
            definition.extend_from_slice(&bytes[..bytes.len().min(room)]);
        }
    }

    pub(super) fn set_id(&mut self, id: MacroId) {
        self.id = id;
    }

    /// What a reset leaves: permanent macros.
    pub(super) fn reset(&mut self) {
        self.definition = None;
        self.overlay = None;
        self.id = MacroId::Number(0);
        self.stored.retain(|_, stored| stored.permanent);
        self.count();
    }

    fn count(&mut self) {
        self.bytes = self.stored.values().map(|stored| stored.commands.len()).sum();
    }

    fn begin(&mut self, prefix: &[u8]) {
        self.definition = Some(prefix.to_vec());
    }

    fn end(&mut self) {
        if let Some(definition) = self.definition.take() {
            self.stored.insert(self.id.clone(), Macro { commands: definition.into(), permanent: false });
            self.count();
        }
    }

    /// `ESC & n # W`, operation 5: another name for the current macro.
    pub(super) fn name_current(&mut self, name: Vec<u8>) {
        if let Some(stored) = self.stored.get(&self.id).cloned()
            && self.bytes + stored.commands.len() <= MACRO_BYTES_MAX
        {
            self.stored.insert(MacroId::Name(name), stored);
            self.count();
        }
    }
}

impl Machine {
    /// `ESC & f # X`. `prefix` is what a definition begins with when the sequence goes on behind this.
    pub(super) fn control_macro(&mut self, value: u64, prefix: &[u8], sink: &mut Sink) {
        if self.macros.is_defining() {
            if value == 1 {
                self.macros.end();
            }
            return;
        }
        if self.macros.level > 0 && !matches!(value, 2 | 3) {
            return;
        }
        let id = self.macros.id.clone();
        match value {
            0 => self.macros.begin(prefix),
            2 => self.run_macro(&id, sink),
            3 => {
                let kept = self.environment();
                self.run_macro(&id, sink);
                self.restore(kept);
            }
            4 => self.macros.overlay = Some(id),
            5 => self.macros.overlay = None,
            6 => {
                self.macros.stored.clear();
                self.macros.count();
            }
            7 => {
                self.macros.stored.retain(|_, stored| stored.permanent);
                self.macros.count();
            }
            8 => {
                self.macros.stored.remove(&id);
                self.macros.count();
            }
            9 | 10 => {
                if let Some(stored) = self.macros.stored.get_mut(&id) {
                    stored.permanent = value == 10;
                }
            }
            _ => {}
        }
    }

    /// Runs the automatic overlay over the page that is ending.
    pub(super) fn run_overlay(&mut self, sink: &mut Sink) {
        let Some(id) = self.macros.overlay.take() else { return };
        let kept = self.environment();
        self.reset_for_overlay();
        self.run_macro(&id, sink);
        self.restore(kept);
        self.macros.overlay = Some(id);
    }

    pub(super) fn overlay_off(&mut self) {
        self.macros.overlay = None;
    }

    fn run_macro(&mut self, id: &MacroId, sink: &mut Sink) {
        let Some(stored) = self.macros.stored.get(id) else { return };
        if self.macros.level >= LEVELS_MAX {
            return;
        }
        let commands = Arc::clone(&stored.commands);
        self.macros.replayed = self.macros.replayed.saturating_add(commands.len() as u64 + 1);
        if self.macros.replayed > REPLAY_BYTES_MAX {
            sink.failure("macros run more often than any document needs");
            return;
        }
        self.macros.level += 1;
        Scan::default().run_all(self, &commands, sink);
        self.macros.level -= 1;
    }
}
