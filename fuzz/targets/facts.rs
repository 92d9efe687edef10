//! Facts, as JSON text: what is read once is read again to the same, whatever the order of its keys and rows.
#![no_main]

use handoff_core::Facts;
use handoff_fuzz::{another_way, check};

handoff_fuzz::mutate_json!();

libfuzzer_sys::fuzz_target!(|text: &[u8]| {
    let Ok(text) = std::str::from_utf8(text) else { return };
    match (Facts::parse(text), Facts::parse(text)) {
        (Ok(facts), Ok(again)) => {
            let digest = facts.digest();
            assert_eq!(digest, again.digest());
            for reversed in [false, true] {
                let other = Facts::parse(&another_way(text, reversed)).expect("order is no fault");
                assert_eq!(digest, other.digest(), "reversed: {reversed}");
            }
            let document = serde_json::to_string(facts.document()).expect("facts are JSON");
            assert_eq!(digest, Facts::parse(&document).expect("what was read is written as it is read").digest());
        }
        (Err(problems), Err(again)) => {
            assert_eq!(problems, again);
            check(&problems);
        }
        (facts, again) => panic!("{facts:?} {again:?}"),
    }
});
