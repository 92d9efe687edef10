//! As many instances as there is room for. A process of its own: it takes the room of all.

#![allow(clippy::expect_used, clippy::panic, reason = "a test stops where it fails")]

use handoff::{Component, Error};

#[test]
fn more_instances_than_there_is_room_for_are_refused_until_one_is_gone() {
    let component = Component::embedded().expect("the component is there");
    let mut instances = Vec::new();
    // Where the system lays out no room there is no end of it either.
    while instances.len() <= 1_000 {
        match component.start() {
            Ok(instance) => instances.push(instance),
            Err(Error::Full(room)) => {
                assert_eq!((room, instances.len()), (1_000, 1_000));
                instances.pop();
                break;
            }
            Err(error) => panic!("{error}"),
        }
    }
    let mut instance = component.start().expect("one is gone, or there is room without end");
    let policy = instance.load_policy("{}");
    assert!(matches!(policy, Err(Error::Policy(_))), "it answers");
}
