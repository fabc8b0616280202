//! Optional content (ISO 32000-1 8.11): layers that are switched off when the document is printed.

use std::collections::HashSet;

use super::super::document::{Document, PdfError};
use super::super::object::{Dict, Object};

/// Which groups are off.
#[derive(Debug, Default)]
pub(super) struct OptionalContent {
    off: HashSet<u32>,
    /// Groups are off unless they are among these.
    on: Option<HashSet<u32>>,
}

/// Groups looked at.
const GROUPS_MAX: usize = 65_536;
/// Visibility expressions inside one another.
const DEPTH_MAX: u32 = 16;

impl OptionalContent {
    /// Reads the default configuration, as it is when printing.
    pub(super) fn read(document: &mut Document<'_>) -> Result<Self, PdfError> {
        let root = document.trailer_value(b"Root")?;
        let Some(root) = root.as_dict().cloned() else { return Ok(Self::default()) };
        let properties = document.get(&root, b"OCProperties")?;
        let Some(properties) = properties.as_dict().cloned() else { return Ok(Self::default()) };
        let config = document.get(&properties, b"D")?;
        let Some(config) = config.as_dict().cloned() else { return Ok(Self::default()) };
        let mut content = Self { off: groups(document, &config, b"OFF")?.into_iter().collect(), on: None };
        if document.get(&config, b"BaseState")?.as_name() == Some(b"OFF") {
            content.on = Some(groups(document, &config, b"ON")?.into_iter().collect());
        }
        content.apply_usage(document, &config)?;
        Ok(content)
    }

    /// Groups whose state follows their usage: for printing, what they say of printing.
    fn apply_usage(&mut self, document: &mut Document<'_>, config: &Dict) -> Result<(), PdfError> {
        let applications = document.get(config, b"AS")?;
        for application in applications.as_array().map(|list| list.to_vec()).unwrap_or_default() {
            let application = document.resolve(&application)?;
            let Some(application) = application.as_dict().cloned() else { continue };
            if document.get(&application, b"Event")?.as_name() != Some(b"Print") {
                continue;
            }
            for number in groups(document, &application, b"OCGs")? {
                let group = document.load(super::super::object::Id { number, generation: 0 })?;
                let Some(group) = group.as_dict().cloned() else { continue };
                let usage = document.get(&group, b"Usage")?;
                let Some(usage) = usage.as_dict().cloned() else { continue };
                let print = document.get(&usage, b"Print")?;
                let Some(print) = print.as_dict().cloned() else { continue };
                match document.get(&print, b"PrintState")?.as_name() {
                    Some(b"OFF") => {
                        self.off.insert(number);
                        if let Some(on) = &mut self.on {
                            on.remove(&number);
                        }
                    }
                    Some(b"ON") => {
                        self.off.remove(&number);
                        if let Some(on) = &mut self.on {
                            on.insert(number);
                        }
                    }
                    _ => {}
                }
            }
        }
        Ok(())
    }

    fn is_off(&self, number: u32) -> bool {
        match &self.on {
            Some(on) => !on.contains(&number),
            None => self.off.contains(&number),
        }
    }

    /// Whether content marked with this group or membership is hidden.
    pub(super) fn hides(&self, document: &mut Document<'_>, mark: &Object) -> Result<bool, PdfError> {
        if self.off.is_empty() && self.on.is_none() {
            return Ok(false);
        }
        if let Some(id) = mark.as_reference() {
            let object = document.load(id)?;
            let Some(dict) = object.as_dict().cloned() else { return Ok(false) };
            if dict.raw(b"Type").as_name() == Some(b"OCMD") {
                return self.membership_hides(document, &dict);
            }
            return Ok(self.is_off(id.number));
        }
        match mark.as_dict().cloned() {
            Some(dict) if dict.raw(b"Type").as_name() == Some(b"OCMD") => {
                self.membership_hides(document, &dict)
            }
            _ => Ok(false),
        }
    }

    fn membership_hides(&self, document: &mut Document<'_>, dict: &Dict) -> Result<bool, PdfError> {
        let expression = document.get(dict, b"VE")?;
        if expression.as_array().is_some() {
            return Ok(!self.is_visible(document, &expression, 0)?);
        }
        let members = match dict.raw(b"OCGs") {
            reference @ Object::Reference(id) => match document.resolve(&reference.clone())? {
                Object::Array(_) => groups(document, dict, b"OCGs")?,
                Object::Null => Vec::new(),
                _ => vec![id.number],
            },
            _ => groups(document, dict, b"OCGs")?,
        };
        if members.is_empty() {
            return Ok(false);
        }
        let (off, on) = (
            members.iter().any(|group| self.is_off(*group)),
            members.iter().any(|group| !self.is_off(*group)),
        );
        Ok(match document.get(dict, b"P")?.as_name() {
            Some(b"AllOn") => off,
            Some(b"AnyOff") => !off,
            Some(b"AllOff") => on,
            _ => !on,
        })
    }

    fn is_visible(
        &self,
        document: &mut Document<'_>,
        expression: &Object,
        depth: u32,
    ) -> Result<bool, PdfError> {
        if depth > DEPTH_MAX {
            return Ok(true);
        }
        if let Some(id) = expression.as_reference() {
            let object = document.load(id)?;
            if object.as_array().is_none() {
                return Ok(!self.is_off(id.number));
            }
            return self.is_visible(document, &object, depth + 1);
        }
        let Some(list) = expression.as_array() else { return Ok(true) };
        let Some((operator, operands)) = list.split_first() else { return Ok(true) };
        let operator = document.resolve(operator)?;
        let mut states = Vec::new();
        for operand in operands.iter().take(GROUPS_MAX) {
            states.push(self.is_visible(document, operand, depth + 1)?);
        }
        Ok(match operator.as_name() {
            Some(b"And") => states.iter().all(|state| *state),
            Some(b"Or") => states.iter().any(|state| *state),
            Some(b"Not") => !states.first().copied().unwrap_or(false),
            _ => true,
        })
    }
}

/// The object numbers of an array of references.
fn groups(document: &mut Document<'_>, dict: &Dict, key: &[u8]) -> Result<Vec<u32>, PdfError> {
    let list = document.get(dict, key)?;
    let references = list.as_array().into_iter().flat_map(|list| list.iter());
    Ok(references.take(GROUPS_MAX).filter_map(Object::as_reference).map(|id| id.number).collect())
}
