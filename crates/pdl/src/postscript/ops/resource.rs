//! Resources (PLRM 3.9): what a program defines under a category, and the few that are always there.

use super::super::dict::Key;
use super::super::machine::{Frame, Machine};
use super::super::object::{Attributes, DictId, Done, ErrorName, Fault, Name, Object, Span};
use super::Entry;

pub(super) const TABLE: &[Entry] = &[
    ("findresource", |m| {
        let (category, key) = (m.pop_name()?, m.pop()?);
        let key = m.as_key(key)?;
        match find(m, category, key)? {
            Some(resource) => m.push_object(resource),
            None => {
                m.culprit = key;
                Err(ErrorName::UndefinedResource.into())
            }
        }
    }),
    ("defineresource", |m| {
        let (category, resource, key) = (m.pop_name()?, m.pop()?, m.pop()?);
        let key = m.as_key(key)?;
        if m.names.text(category) == b"Font" {
            return super::font::define(m, key, resource);
        }
        let instances = instances(m, category)?;
        m.vm.dict_put(instances, key, resource)?;
        m.push_object(resource)
    }),
    ("undefineresource", |m| {
        let (category, key) = (m.pop_name()?, m.pop()?);
        let key = m.as_key(key)?;
        let instances =
            if m.names.text(category) == b"Font" { m.system.fonts } else { instances(m, category)? };
        if let Some(instances) = m.vm.dict_mut(instances) {
            instances.remove(Key::of(&key));
        }
        Ok(())
    }),
    ("resourcestatus", |m| {
        let (category, key) = (m.pop_name()?, m.pop()?);
        let key = m.as_key(key)?;
        let known = if m.names.text(category) == b"Font" {
            m.vm.dict(m.system.fonts).contains(Key::of(&key)) || is_resident(m, &key)
        } else {
            find(m, category, key)?.is_some()
        };
        if !known {
            return m.push_bool(false);
        }
        m.push_int(1)?;
        m.push_int(-1)?;
        m.push_bool(true)
    }),
    ("resourceforall", resourceforall),
    // CMap files (Adobe Technical Note 5014) are run for their names only.
    ("begincmap", |_| Ok(())),
    ("endcmap", |_| Ok(())),
    ("usecmap", |m| m.pop().map(drop)),
    ("usefont", |m| m.pop().map(drop)),
    ("beginusematrix", |m| m.pop().map(drop)),
    ("endusematrix", |m| m.pop().map(drop)),
    ("begincodespacerange", begin_list),
    ("endcodespacerange", end_list),
    ("begincidrange", begin_list),
    ("endcidrange", end_list),
    ("begincidchar", begin_list),
    ("endcidchar", end_list),
    ("beginnotdefrange", begin_list),
    ("endnotdefrange", end_list),
    ("beginnotdefchar", begin_list),
    ("endnotdefchar", end_list),
    ("beginbfrange", begin_list),
    ("endbfrange", end_list),
    ("beginbfchar", begin_list),
    ("endbfchar", end_list),
    ("beginrearrangedfont", |m| m.operands.drop_top(2)),
    ("endrearrangedfont", |_| Ok(())),
];

fn begin_list(m: &mut Machine) -> Done {
    m.pop_int()?;
    m.push_object(Object::Mark)
}

fn end_list(m: &mut Machine) -> Done {
    let count = m.operands.count_to_mark()?;
    m.operands.drop_top(count + 1)
}

/// Categories that exist without a program defining them.
const CATEGORIES: [&str; 22] = [
    "Font",
    "Encoding",
    "Form",
    "Pattern",
    "ProcSet",
    "ColorSpace",
    "Halftone",
    "ColorRendering",
    "Category",
    "Generic",
    "Filter",
    "ColorSpaceFamily",
    "Emulator",
    "IODevice",
    "ColorRenderingType",
    "FMapType",
    "FontType",
    "FormType",
    "HalftoneType",
    "ImageType",
    "PatternType",
    "CIDFont",
];

/// Procedure sets that printers have. What is in them is found in systemdict here, so they may be empty.
const PROCEDURE_SETS: [&str; 5] = ["CIDInit", "FontSetInit", "BitmapFontInit", "ColorRendering", "Trapping"];

/// The dictionary of a category's instances; a new one for a new category.
pub(super) fn instances(m: &mut Machine, category: Name) -> Result<DictId, Fault> {
    match m.dict_get(m.system.resources, category) {
        Some(Object::Dict(instances)) => Ok(instances),
        _ => {
            let global = std::mem::replace(&mut m.vm.global, true);
            let instances = m.vm.new_dict(8);
            m.vm.global = global;
            let instances = instances?;
            m.vm.dict_put(m.system.resources, Object::name(category), Object::Dict(instances))?;
            Ok(instances)
        }
    }
}

fn find(m: &mut Machine, category: Name, key: Object) -> Result<Option<Object>, Fault> {
    let category_text = m.names.text(category).to_vec();
    let text = m.text_of(&key).unwrap_or_default().to_vec();
    if category_text == b"Font" {
        return super::font::find(m, key).map(Some);
    }
    let instances = instances(m, category)?;
    if let Some(found) = m.vm.dict(instances).get(Key::of(&key)) {
        return Ok(Some(found));
    }
    let named = |list: &[&str]| list.iter().any(|name| name.as_bytes() == text);
    Ok(match &category_text[..] {
        b"Encoding" => super::font::encoding(m, &text)?,
        b"Category" if named(&CATEGORIES) => {
            let dict = m.vm.new_dict(4)?;
            Some(Object::Dict(dict))
        }
        b"ProcSet" if named(&PROCEDURE_SETS) => {
            let dict = m.vm.new_dict(4)?;
            m.vm.dict_put(instances, key, Object::Dict(dict))?;
            Some(Object::Dict(dict))
        }
        b"CMap" => {
            // Predefined CMaps: all that is asked of them here is to be there.
            let dict = m.vm.new_dict(4)?;
            Some(Object::Dict(dict))
        }
        b"CIDFont" if !text.is_empty() => None,
        b"Filter" if super::filters::NAMES.iter().any(|name| name.as_bytes() == text) => Some(key),
        b"ColorSpaceFamily"
            if named(&[
                "DeviceGray",
                "DeviceRGB",
                "DeviceCMYK",
                "CIEBasedA",
                "CIEBasedABC",
                "CIEBasedDEF",
                "CIEBasedDEFG",
                "Indexed",
                "Pattern",
                "Separation",
                "DeviceN",
            ]) =>
        {
            Some(key)
        }
        b"FontType" => numbered(key, &[0, 1, 2, 3, 42]),
        b"FormType" | b"ColorRenderingType" => numbered(key, &[1]),
        b"PatternType" => numbered(key, &[1, 2]),
        b"HalftoneType" => numbered(key, &[1, 2, 3, 4, 5, 6, 10, 16]),
        b"ImageType" => numbered(key, &[1, 3, 4]),
        b"FMapType" => numbered(key, &[2, 3, 4, 5, 6, 7, 8, 9]),
        b"ColorSpace" if named(&["DeviceGray", "DeviceRGB", "DeviceCMYK"]) => {
            m.push_array(vec![key])?;
            Some(m.pop()?)
        }
        _ => None,
    })
}

fn numbered(key: Object, known: &[i64]) -> Option<Object> {
    matches!(key, Object::Int(number) if known.contains(&number)).then_some(key)
}

fn is_resident(m: &Machine, key: &Object) -> bool {
    const FAMILIES: [&str; 12] = [
        "Helvetica",
        "Times",
        "Courier",
        "Symbol",
        "ZapfDingbats",
        "AvantGarde",
        "Bookman",
        "NewCenturySchlbk",
        "Palatino",
        "ZapfChancery",
        "Arial",
        "TimesNewRoman",
    ];
    m.text_of(key).is_some_and(|text| FAMILIES.iter().any(|family| text.starts_with(family.as_bytes())))
}

/// `template proc scratch category resourceforall`.
fn resourceforall(m: &mut Machine) -> Done {
    let category = m.pop_name()?;
    let scratch = m.pop_string()?;
    let procedure = m.pop_procedure()?;
    let template = m.pop_string()?;
    let instances = if m.names.text(category) == b"Font" { m.system.fonts } else { instances(m, category)? };
    let template = m.vm.string(template).to_vec();
    let mut names: Vec<Vec<u8>> =
        m.vm.dict(instances).iter().filter_map(|(key, _)| m.text_of(&key).map(<[u8]>::to_vec)).collect();
    if m.names.text(category) == b"Category" {
        names.extend(CATEGORIES.iter().map(|name| name.as_bytes().to_vec()));
    }
    names.retain(|name| matches(&template, name) && name.len() <= scratch.len as usize);
    names.sort();
    let mut items = Vec::new();
    for name in names {
        let span = m.vm.new_string(name)?;
        items.push(Object::String(Attributes::new(false), span));
    }
    let items: Span = m.vm.new_array(items)?;
    m.push_frame(Frame::Forall { items, at: 0, procedure })
}

/// Whether a name fits a template: `*` for anything, `?` for one character, `\` before either.
fn matches(template: &[u8], name: &[u8]) -> bool {
    // The place behind the last `*` and what it has swallowed so far, to go back to.
    let (mut t, mut n) = (0, 0);
    let mut back: Option<(usize, usize)> = None;
    while n < name.len() {
        let fits = match template.get(t) {
            Some(b'*') => {
                back = Some((t + 1, n));
                t += 1;
                continue;
            }
            Some(b'?') => Some(1),
            Some(b'\\') if template.get(t + 1) == Some(&name[n]) => Some(2),
            Some(byte) if *byte == name[n] => Some(1),
            _ => None,
        };
        match (fits, back) {
            (Some(width), _) => {
                t += width;
                n += 1;
            }
            (None, Some((after, swallowed))) => {
                back = Some((after, swallowed + 1));
                t = after;
                n = swallowed + 1;
            }
            (None, None) => return false,
        }
    }
    template[t..].iter().all(|byte| *byte == b'*')
}

#[cfg(test)]
mod tests {
    use super::matches;

    #[test]
    fn templates_match() {
        for (template, name, want) in [
            ("*", "anything", true),
            ("Hel*ica", "Helvetica", true),
            ("Hel?etica", "Helvetica", true),
            ("*a*b*c", "xaybzc", true),
            ("*a*b*c", "xaybz", false),
            ("\\*", "*", true),
            ("", "", true),
            ("a", "", false),
        ] {
            assert_eq!(matches(template.as_bytes(), name.as_bytes()), want, "{template} {name}");
        }
    }
}
