//! The committed component is made from the sources beside it.

use std::fs;
use std::process::Command;

use handoff_tests::root;

/// `.ci/component` has the one list of inputs; whether the bytes follow from them is checked where they are rebuilt (`.ci/run`).
#[test]
fn the_component_is_as_new_as_its_sources() {
    let output = Command::new("bash").args([".ci/component", "digest"]).current_dir(root()).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let noted = fs::read_to_string(root().join("host/component/inputs.sha256")).unwrap();
    let now = String::from_utf8(output.stdout).unwrap();
    assert_eq!(now.trim(), noted.trim(), "the sources of the component have changed: run `.ci/component build`");
}
