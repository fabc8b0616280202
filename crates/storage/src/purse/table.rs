//! The tables; see the migrations for what they are for.

diesel::table! {
    purses (holder) {
        holder -> Text,
        balance_one -> BigInt,
        balance_two -> BigInt,
        reserved_one -> BigInt,
        reserved_two -> BigInt,
        low_limit -> BigInt,
        opened_us -> BigInt,
    }
}

diesel::table! {
    transfers (id) {
        id -> Text,
        holder -> Text,
        kind -> BigInt,
        account -> BigInt,
        amount -> BigInt,
        policy -> BigInt,
        expires_us -> BigInt,
        author -> Text,
        gid -> Text,
        comment -> Text,
        state -> BigInt,
        split_one -> BigInt,
        split_two -> BigInt,
        created_us -> BigInt,
        ended_us -> BigInt,
    }
}

diesel::table! {
    entries (sequence) {
        sequence -> BigInt,
        transfer -> Text,
        holder -> Text,
        event -> BigInt,
        balance_one -> BigInt,
        balance_two -> BigInt,
        reserved_one -> BigInt,
        reserved_two -> BigInt,
        low_limit -> BigInt,
        counter -> BigInt,
        after_one -> BigInt,
        after_two -> BigInt,
        at_us -> BigInt,
        hash -> Binary,
    }
}

diesel::table! {
    counters (counter) {
        counter -> BigInt,
        balance -> BigInt,
    }
}

diesel::table! {
    head (id) {
        id -> BigInt,
        sequence -> BigInt,
        hash -> Binary,
    }
}

diesel::table! {
    checkpoint (id) {
        id -> BigInt,
        sequence -> BigInt,
        hash -> Binary,
        content -> Text,
        cleaned_us -> BigInt,
    }
}
