//! A profile as one column of text: what differs from the factory's, as `name=value` parted by U+001F.
//!
//! Most people differ in nothing or little; nobody searches by it; and a new property needs no migration.

use domain::Money;
use domain::people::{Access, Billing, CostControl, Profile};

const SEPARATOR: char = '\u{1f}';

/// Writes a profile; the factory's is empty.
pub(super) fn to_text(profile: &Profile) -> String {
    let factory = Profile::default();
    let mut text = String::new();
    let mut put = |name: &str, value: &str, differs: bool| {
        if differs {
            if !text.is_empty() {
                text.push(SEPARATOR);
            }
            text.push_str(name);
            text.push('=');
            text.extend(value.chars().filter(|character| !character.is_control()));
        }
    };
    let flag = |is: bool| if is { "1" } else { "0" };
    put("home", &profile.home_server, profile.home_server != factory.home_server);
    put("folder", &profile.home_folder, profile.home_folder != factory.home_folder);
    put("low", &profile.low_limit.0.to_string(), profile.low_limit != factory.low_limit);
    put("no-pin", flag(profile.login_without_pin), profile.login_without_pin != factory.login_without_pin);
    put("source", &profile.source.to_string(), profile.source != factory.source);
    put("billing", profile.billing.as_str(), profile.billing != factory.billing);
    put("encrypt", flag(profile.encrypt), profile.encrypt != factory.encrypt);
    put("retain", flag(profile.allow_retain), profile.allow_retain != factory.allow_retain);
    put("change", flag(profile.change_settings), profile.change_settings != factory.change_settings);
    put("cost", profile.cost_control.as_str(), profile.cost_control != factory.cost_control);
    put("denied", &profile.access.0.to_string(), profile.access != factory.access);
    text
}

/// Reads what [`to_text`] wrote. Names a newer program added are passed over.
pub(super) fn from_text(text: &str) -> Result<Profile, &'static str> {
    let mut profile = Profile::default();
    if text.is_empty() {
        return Ok(profile);
    }
    for field in text.split(SEPARATOR) {
        let (name, value) = field.split_once('=').ok_or("a field without a value")?;
        let number = || value.parse::<i64>().map_err(|_| "not a number");
        let flag = || match value {
            "1" => Ok(true),
            "0" => Ok(false),
            _ => Err("neither 0 nor 1"),
        };
        match name {
            "home" => value.clone_into(&mut profile.home_server),
            "folder" => value.clone_into(&mut profile.home_folder),
            "low" => profile.low_limit = Money(number()?),
            "no-pin" => profile.login_without_pin = flag()?,
            "source" => profile.source = number()?,
            "billing" => profile.billing = Billing::parse(value).ok_or("an unknown billing")?,
            "encrypt" => profile.encrypt = flag()?,
            "retain" => profile.allow_retain = flag()?,
            "change" => profile.change_settings = flag()?,
            "cost" => profile.cost_control = CostControl::parse(value).ok_or("an unknown cost control")?,
            "denied" => profile.access = Access(value.parse().map_err(|_| "not a mask")?),
            _ => {}
        }
    }
    Ok(profile)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_profile_reads_back_and_the_factorys_is_empty() {
        assert_eq!(to_text(&Profile::default()), "");
        let profile = Profile {
            home_server: "print-1".into(),
            home_folder: "//files/ann=x".into(),
            low_limit: Money(-5),
            login_without_pin: true,
            source: 3,
            billing: Billing::Restricted,
            encrypt: true,
            allow_retain: false,
            change_settings: true,
            cost_control: CostControl::Pay,
            access: Access(u32::MAX),
        };
        assert_eq!(from_text(&to_text(&profile)), Ok(profile.clone()));
        assert_eq!(from_text(&format!("{}\u{1f}later=1", to_text(&profile))), Ok(profile));
        for wrong in ["x", "no-pin=2", "cost=free", "denied=-1"] {
            assert!(from_text(wrong).is_err(), "{wrong}");
        }
    }
}
