//! The table of events; see the migrations for what its columns are for.

diesel::table! {
    events (id) {
        id -> BigInt, at_us -> BigInt, severity -> BigInt, code -> Text, source -> Text,
        user_logon -> Text, object -> Text, subject -> Text, text -> Text,
    }
}
