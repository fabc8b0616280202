use std::path::Path;

use proptest::prelude::*;

use crate::properties;

#[test]
fn the_corpus_holds_the_properties() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("corpus/console");
    let mut files = 0;
    for entry in std::fs::read_dir(&folder).expect("the corpus is committed") {
        properties::console(&std::fs::read(entry.unwrap().path()).unwrap());
        files += 1;
    }
    assert!(files >= 6, "only {files} files in {}", folder.display());
}

proptest! {
    #[test]
    fn whatever_is_typed_after_a_log_in_is_a_command_or_told_wrong(line in "[a-zA-Z0-9 ?/\\\\.:äß\u{0}\u{8}\u{ff}-]{0,80}") {
        properties::console(format!("admin\npw\n{line}\r\nserver info\n").as_bytes());
    }

    #[test]
    fn no_octets_are_a_panic(input in proptest::collection::vec(any::<u8>(), 0..600)) {
        properties::console(&input);
    }
}
